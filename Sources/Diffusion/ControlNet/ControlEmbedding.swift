import Compute

/// What takes in a ControlNet's picture: diffusers' `ControlNetConditioningEmbedding`.
struct ControlEmbedding: Sendable {
    private let convIn: Convolution2D
    private let blocks: [Convolution2D]
    private let convOut: Convolution2D

    init(_ loader: ParameterLoader, _ name: String, config: ControlNetConfig) throws {
        let (channels, same) = (config.embeddingChannels, ConvolutionGeometry(padding: 1))
        convIn = try Convolution2D(
            loader, "\(name).conv_in", config.conditioningChannels, channels[0], kernel: 3, same)
        blocks = try (0..<2 * (channels.count - 1)).map { index in
            let (input, isHalving) = (channels[index / 2], index % 2 == 1)
            return try Convolution2D(
                loader, "\(name).blocks.\(index)", input, isHalving ? channels[index / 2 + 1] : input, kernel: 3,
                isHalving ? ConvolutionGeometry(stride: 2, padding: 1) : same)
        }
        convOut = try Convolution2D(
            loader, "\(name).conv_out", channels[channels.count - 1], config.encoder.blockOutChannels[0], kernel: 3,
            same)
    }

    /// A picture [n, channels, f·h, f·w] becomes a hint [n, c, h, w].
    func callAsFunction(_ tape: Tape, _ picture: Variable) -> Variable {
        let x = blocks.reduce(tape.apply(.silu, convIn(tape, picture))) { tape.apply(.silu, $1(tape, $0)) }
        return convOut(tape, x)
    }
}
