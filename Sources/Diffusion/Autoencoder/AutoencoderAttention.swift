import Compute

/// Self-attention of one head over the positions of a picture, in the middle of the encoder and of the decoder:
/// x += out(attention(q, k, v)) of GroupNorm(x), all projections with a bias.
///
/// Files have the projections under today's names or those from before diffusers 0.17, as matrices [c, c] or as the 1×1
/// convolutions [c, c, 1, 1] that they once were.
struct AutoencoderAttention: Sendable {
    private let norm: GroupNorm
    private let toQ, toK, toV, toOut: Linear

    init(_ loader: ParameterLoader, _ name: String, channels: Int, groups: Int) throws {
        norm = try GroupNorm(loader, "\(name).group_norm", channels, groups: groups, eps: AutoencoderConfig.normEps)
        func projection(_ part: String, formerly old: String) throws -> Linear {
            try Linear(loader, "\(name).\(part)", channels, channels, formerly: "\(name).\(old)")
        }
        toQ = try projection("to_q", formerly: "query")
        toK = try projection("to_k", formerly: "key")
        toV = try projection("to_v", formerly: "value")
        toOut = try projection("to_out.0", formerly: "proj_attn")
    }

    /// x [1, c, h, w], which is changed in place. No matrix of scores is made: attention goes by blocks of queries and keys.
    func apply(_ engine: Engine, to x: Tensor) {
        let (channels, area) = (x.shape[1], x.shape[2] * x.shape[3])
        var tokens = engine.transposed(norm.apply(engine, x).reshaped([1, channels, area]))
        tokens =
            engine.attention(
                toQ.apply(engine, tokens), toK.apply(engine, tokens), toV.apply(engine, tokens), heads: 1
            ).o
        tokens = toOut.apply(engine, tokens)
        engine.addInPlace(engine.transposed(tokens).reshaped(x.shape), to: x)
    }
}
