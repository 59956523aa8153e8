import Compute

/// The middle of the encoder and of the decoder: a ResNet block, attention, a ResNet block.
struct AutoencoderMiddle: Sendable {
    private let first, second: ResnetBlock2D
    private let attention: AutoencoderAttention?

    init(_ loader: ParameterLoader, _ name: String, channels: Int, config: AutoencoderConfig) throws {
        func resnet(_ index: Int) throws -> ResnetBlock2D {
            try ResnetBlock2D(
                loader, "\(name).resnets.\(index)", channels, channels, timeWidth: nil, groups: config.normNumGroups,
                eps: AutoencoderConfig.normEps)
        }
        attention =
            config.midBlockAddAttention
            ? try AutoencoderAttention(
                loader, "\(name).attentions.0", channels: channels, groups: config.normNumGroups) : nil
        (first, second) = (try resnet(0), try resnet(1))
    }

    /// x [1, c, h, w] becomes its result.
    func apply(_ engine: Engine, to x: inout Tensor) {
        first.apply(engine, to: &x)
        attention?.apply(engine, to: x)
        second.apply(engine, to: &x)
    }
}
