import Compute

/// Samples to pictures: a convolution, the middle, blocks of twice the size each, a last convolution. Source: diffusers'
/// `Decoder`.
struct AutoencoderDecoder: Sendable {
    private let convIn: Convolution2D
    private let middle: AutoencoderMiddle
    private let blocks: [[ResnetBlock2D]]
    /// Every block but the last doubles the size.
    private let upsamplers: [Convolution2D]
    private let normOut: GroupNorm
    private let convOut: Convolution2D

    init(_ loader: ParameterLoader, _ name: String, config: AutoencoderConfig) throws {
        let (channels, eps) = (Array(config.blockOutChannels.reversed()), AutoencoderConfig.normEps)
        let same = ConvolutionGeometry(padding: 1)
        convIn = try Convolution2D(loader, "\(name).conv_in", config.latentChannels, channels[0], kernel: 3, same)
        middle = try AutoencoderMiddle(loader, "\(name).mid_block", channels: channels[0], config: config)
        var (blocks, upsamplers): ([[ResnetBlock2D]], [Convolution2D]) = ([], [])
        for (level, width) in channels.enumerated() {
            blocks.append(
                try (0..<config.layersPerBlock + 1).map { layer in
                    try ResnetBlock2D(
                        loader, "\(name).up_blocks.\(level).resnets.\(layer)",
                        layer == 0 ? channels[max(0, level - 1)] : width, width, timeWidth: nil,
                        groups: config.normNumGroups, eps: eps)
                })
            if level < channels.count - 1 {
                upsamplers.append(
                    try Convolution2D(
                        loader, "\(name).up_blocks.\(level).upsamplers.0.conv", width, width, kernel: 3, same))
            }
        }
        (self.blocks, self.upsamplers) = (blocks, upsamplers)
        let last = channels[channels.count - 1]
        normOut = try GroupNorm(loader, "\(name).conv_norm_out", last, groups: config.normNumGroups, eps: eps)
        convOut = try Convolution2D(loader, "\(name).conv_out", last, config.outChannels, kernel: 3, same)
    }

    /// The sample [1, c, h, w] of one picture to [1, channels, factor·h, factor·w].
    func apply(_ engine: Engine, _ sample: Tensor) -> Tensor {
        var x = convIn.apply(engine, sample)
        middle.apply(engine, to: &x)
        for (level, block) in blocks.enumerated() {
            for resnet in block { resnet.apply(engine, to: &x) }
            if level < upsamplers.count {
                x = engine.upsampledNearest(x, height: 2 * x.shape[2], width: 2 * x.shape[3])
                if x.byteCount > AutoencoderKL.largeBytes { engine.releaseFreedMemory() }
                x = upsamplers[level].apply(engine, x)
            }
        }
        normOut.applyInPlace(engine, x, silu: true)
        return convOut.apply(engine, x)
    }
}
