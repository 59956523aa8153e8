import Compute

/// Pictures to moments: blocks of half the size each, the middle, a last convolution. Source: diffusers' `Encoder`.
struct AutoencoderEncoder: Sendable {
    private let convIn: Convolution2D
    private let blocks: [[ResnetBlock2D]]
    /// Every block but the last halves the size, ⌊(n − 2)/2⌋ + 1 of n rows: zeros are laid below and to the right only.
    private let downsamplers: [Convolution2D]
    private let middle: AutoencoderMiddle
    private let normOut: GroupNorm
    private let convOut: Convolution2D

    init(_ loader: ParameterLoader, _ name: String, config: AutoencoderConfig) throws {
        let (channels, eps) = (config.blockOutChannels, AutoencoderConfig.normEps)
        let same = ConvolutionGeometry(padding: 1)
        let step = ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1)
        convIn = try Convolution2D(loader, "\(name).conv_in", config.inChannels, channels[0], kernel: 3, same)
        var (blocks, downsamplers): ([[ResnetBlock2D]], [Convolution2D]) = ([], [])
        for (level, width) in channels.enumerated() {
            blocks.append(
                try (0..<config.layersPerBlock).map { layer in
                    try ResnetBlock2D(
                        loader, "\(name).down_blocks.\(level).resnets.\(layer)",
                        layer == 0 ? channels[max(0, level - 1)] : width, width, timeWidth: nil,
                        groups: config.normNumGroups, eps: eps)
                })
            if level < channels.count - 1 {
                downsamplers.append(
                    try Convolution2D(
                        loader, "\(name).down_blocks.\(level).downsamplers.0.conv", width, width, kernel: 3, step))
            }
        }
        (self.blocks, self.downsamplers) = (blocks, downsamplers)
        let deepest = channels[channels.count - 1]
        middle = try AutoencoderMiddle(loader, "\(name).mid_block", channels: deepest, config: config)
        normOut = try GroupNorm(loader, "\(name).conv_norm_out", deepest, groups: config.normNumGroups, eps: eps)
        convOut = try Convolution2D(loader, "\(name).conv_out", deepest, 2 * config.latentChannels, kernel: 3, same)
    }

    /// One picture [1, c, h, w] to [1, 2·latents, h', w'].
    func apply(_ engine: Engine, _ image: Tensor) -> Tensor {
        var x = convIn.apply(engine, image)
        for (level, block) in blocks.enumerated() {
            for resnet in block { resnet.apply(engine, to: &x) }
            if level < downsamplers.count {
                if x.byteCount > AutoencoderKL.largeBytes { engine.releaseFreedMemory() }
                x = downsamplers[level].apply(engine, x)
            }
        }
        middle.apply(engine, to: &x)
        normOut.applyInPlace(engine, x, silu: true)
        return convOut.apply(engine, x)
    }
}
