import Compute

/// x += SelfAttn(LN x); x += CrossAttn(LN x, context); x += GEGLU feed-forward(LN x).
package struct TransformerBlock: Sendable {
    let norm1: LayerNorm
    let attention1: CrossAttention
    let norm2: LayerNorm
    let attention2: CrossAttention
    let norm3: LayerNorm
    let projectIn: Linear
    let projectOut: Linear

    init(_ loader: ParameterLoader, _ name: String, width: Int, contextWidth: Int, heads: Int) throws {
        norm1 = try LayerNorm(loader, "\(name).norm1", width)
        attention1 = try CrossAttention(loader, "\(name).attn1", width: width, contextWidth: width, heads: heads)
        norm2 = try LayerNorm(loader, "\(name).norm2", width)
        attention2 = try CrossAttention(loader, "\(name).attn2", width: width, contextWidth: contextWidth, heads: heads)
        norm3 = try LayerNorm(loader, "\(name).norm3", width)
        projectIn = try Linear(loader, "\(name).ff.net.0.proj", width, 8 * width)
        projectOut = try Linear(loader, "\(name).ff.net.2", 4 * width, width)
    }

    /// x [n, t, width], context [n, l, contextWidth].
    func callAsFunction(_ tape: Tape, _ x: Variable, context: Variable) -> Variable {
        var x = x
        let own = norm1(tape, x)
        x = tape.add(attention1(tape, own, context: own), x)
        x = tape.add(attention2(tape, norm2(tape, x), context: context), x)
        return tape.add(projectOut(tape, tape.geglu(projectIn(tape, norm3(tape, x)))), x)
    }
}

/// A stack of transformer blocks over the positions of an image, with a residual around it. GroupNorm ε is 1e-6 here.
package struct Transformer2D: Sendable {
    private enum Projection {
        case linear(Linear)
        case convolution(Convolution2D)
    }
    private let norm: GroupNorm
    private let projectIn: Projection
    private let blocks: [TransformerBlock]
    private let projectOut: Projection

    init(
        _ loader: ParameterLoader, _ name: String, channels: Int, contextWidth: Int, heads: Int, layers: Int,
        groups: Int, usesLinearProjection: Bool
    ) throws {
        func projection(_ name: String) throws -> Projection {
            usesLinearProjection
                ? .linear(try Linear(loader, name, channels, channels))
                : .convolution(
                    try Convolution2D(loader, name, channels, channels, kernel: 1, ConvolutionGeometry()))
        }
        norm = try GroupNorm(loader, "\(name).norm", channels, groups: groups, eps: 1e-6)
        projectIn = try projection("\(name).proj_in")
        blocks = try (0..<layers).map {
            try TransformerBlock(
                loader, "\(name).transformer_blocks.\($0)", width: channels, contextWidth: contextWidth, heads: heads)
        }
        projectOut = try projection("\(name).proj_out")
    }

    /// x [n, c, h, w], context [n, l, contextWidth]. Result [n, c, h, w].
    func callAsFunction(_ tape: Tape, _ x: Variable, context: Variable) -> Variable {
        tape.block([x, context]) { tape, inputs in
            let (x, context) = (inputs[0], inputs[1])
            let (n, c, area) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
            func tokens(_ x: Variable) -> Variable { tape.transposed(tape.reshaped(x, [n, c, area])) }
            func image(_ h: Variable) -> Variable { tape.reshaped(tape.transposed(h), x.shape) }
            var h = norm(tape, x)
            switch projectIn {
            case .linear(let linear): h = linear(tape, tokens(h))
            case .convolution(let convolution): h = tokens(convolution(tape, h))
            }
            for block in blocks { h = block(tape, h, context: context) }
            switch projectOut {
            case .linear(let linear): h = image(linear(tape, h))
            case .convolution(let convolution): h = convolution(tape, image(h))
            }
            return tape.add(h, x)
        }
    }
}
