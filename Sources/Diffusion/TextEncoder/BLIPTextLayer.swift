import Compute

/// A layer of BLIP's text tower: self attention, attention to a picture's tokens and two linear layers, each followed by
/// LayerNorm(x + ·). Source: `BertLayer` in `models/BLIP/med.py` of THUDM/ImageReward.
struct BLIPTextLayer: Sendable {
    /// Attention with its output layer and LayerNorm.
    private struct AttentionBlock: Sendable {
        let query, key, value, output: Linear
        let norm: LayerNorm
        let heads: Int

        /// `sourceWidth` is that of what is looked at.
        init(_ loader: ParameterLoader, _ name: String, _ config: BLIPTextConfig, sourceWidth: Int) throws {
            let width = config.hiddenSize
            query = try Linear(loader, "\(name).self.query", width, width)
            key = try Linear(loader, "\(name).self.key", sourceWidth, width)
            value = try Linear(loader, "\(name).self.value", sourceWidth, width)
            output = try Linear(loader, "\(name).output.dense", width, width)
            norm = try LayerNorm(loader, "\(name).output.LayerNorm", width, eps: config.layerNormEps)
            heads = config.numAttentionHeads
        }

        func callAsFunction(_ tape: Tape, _ x: Variable, source: Variable) -> Variable {
            let attended = tape.attention(query(tape, x), key(tape, source), value(tape, source), heads: heads)
            return norm(tape, tape.add(output(tape, attended), x))
        }
    }

    private let attention: AttentionBlock
    private let crossAttention: AttentionBlock
    private let intermediate: Linear
    private let output: Linear
    private let norm: LayerNorm

    init(_ loader: ParameterLoader, _ name: String, _ config: BLIPTextConfig) throws {
        let (width, inner) = (config.hiddenSize, config.intermediateSize)
        attention = try AttentionBlock(loader, "\(name).attention", config, sourceWidth: width)
        crossAttention = try AttentionBlock(
            loader, "\(name).crossattention", config, sourceWidth: config.encoderWidth)
        intermediate = try Linear(loader, "\(name).intermediate.dense", width, inner)
        output = try Linear(loader, "\(name).output.dense", inner, width)
        norm = try LayerNorm(loader, "\(name).output.LayerNorm", width, eps: config.layerNormEps)
    }

    /// x [n, tokens, hidden_size], picture [n, patches, encoder_width].
    func callAsFunction(_ tape: Tape, _ x: Variable, picture: Variable) -> Variable {
        let y = crossAttention(tape, attention(tape, x, source: x), source: picture)
        return norm(tape, tape.add(output(tape, tape.apply(.gelu, intermediate(tape, y))), y))
    }
}
