import Checkpoints
import Core

/// What a diffusers `AutoencoderKL` is made of, as far as this project builds it: the autoencoders of Stable Diffusion 1.x,
/// 2.x and XL, of any size. Names are those of `config.json`; lists have one element a block, in the order of the encoder's
/// blocks (the decoder uses them reversed).
package struct AutoencoderConfig: Equatable, ComponentConfiguration {
    /// `in_channels`: of the picture that is encoded.
    package let inChannels: Int
    /// `out_channels`: of the picture that is decoded.
    package let outChannels: Int
    /// `latent_channels`
    package let latentChannels: Int
    /// `block_out_channels`
    package let blockOutChannels: [Int]
    /// `layers_per_block`: ResNet blocks in each block of the encoder; the decoder's have one more.
    package let layersPerBlock: Int
    /// `norm_num_groups`
    package let normNumGroups: Int
    /// `sample_size`: height and width of the pictures that it was made for; any other size works too.
    package let sampleSize: Int
    /// `use_quant_conv`: whether a 1×1 convolution stands behind the encoder.
    package let useQuantConv: Bool
    /// `use_post_quant_conv`: whether one stands before the decoder.
    package let usePostQuantConv: Bool
    /// `mid_block_add_attention`
    package let midBlockAddAttention: Bool
    /// `scaling_factor`, `shift_factor`, `latents_mean`, `latents_std`: how samples become the latents of a UNet.
    package let scaling: LatentScaling
    /// `force_upcast`: without effect, as everything is computed in Float32; kept for writing.
    package let forceUpcast: Bool

    /// ε of every GroupNorm, which no key states. Source: `resnet_eps=1e-6` in diffusers' `vae.py`.
    package static let normEps = 1e-6

    /// Pixels along a side of a picture that one latent stands for.
    package var factor: Int { 1 << (blockOutChannels.count - 1) }

    private enum DownBlock: String, CaseIterable { case plain = "DownEncoderBlock2D" }
    private enum UpBlock: String, CaseIterable { case plain = "UpDecoderBlock2D" }

    /// Takes the members of a `config.json`; `file` is for messages. Missing keys take diffusers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        var reader = ConfigReader(object, file: file)
        try reader.requireClass(AutoencoderKL.classNames)
        let large = ConfigReader.large
        inChannels = try reader.integer("in_channels", default: 3, in: 1...large)
        outChannels = try reader.integer("out_channels", default: 3, in: 1...large)
        latentChannels = try reader.integer("latent_channels", default: 4, in: 1...large)
        blockOutChannels = try reader.list("block_out_channels", default: [64], in: 1...large)
        layersPerBlock = try reader.integer("layers_per_block", default: 1, in: 1...1000)
        normNumGroups = try reader.integer("norm_num_groups", default: 32, in: 1...large)
        sampleSize = try reader.integer("sample_size", default: 32, in: 1...large)
        useQuantConv = try reader.bool("use_quant_conv", default: true)
        usePostQuantConv = try reader.bool("use_post_quant_conv", default: true)
        midBlockAddAttention = try reader.bool("mid_block_add_attention", default: true)
        scaling = try LatentScaling(&reader, channels: latentChannels)
        forceUpcast = try reader.bool("force_upcast", default: true, nullAs: true)
        let down = try reader.choices("down_block_types", default: [DownBlock.plain])
        let up = try reader.choices("up_block_types", default: [UpBlock.plain])
        try reader.neutral([("act_fn", ["silu", "swish"])])
        try reader.finish()
        try requireFit(file, [("down_block_types", down.count), ("up_block_types", up.count)])
    }

    private func requireFit(_ file: String, _ lists: [(key: String, count: Int)]) throws {
        let blocks = blockOutChannels.count
        for (key, count) in lists where count != blocks {
            throw ConfigError(
                file: file, key: key, "blocks", expected: "\(blocks), as many as block_out_channels", found: "\(count)")
        }
        guard blocks <= 16 else {
            throw ConfigError(
                file: file, key: "block_out_channels", "blocks", expected: "at most 16, each of half the size",
                found: "\(blocks)")
        }
        for (index, channels) in blockOutChannels.enumerated() where channels % normNumGroups != 0 {
            throw ConfigError(
                file: file, key: "block_out_channels[\(index)]", "is not divisible by norm_num_groups",
                expected: "a multiple of \(normNumGroups)", found: "\(channels)")
        }
    }

    /// The configuration as diffusers 0.42 writes it, every key named; `init` reads it back equal.
    package var json: JSONValue {
        func blocks(_ name: String) -> JSONValue { .array(blockOutChannels.map { _ in .string(name) }) }
        let members: [(String, JSONValue)] = [
            ("_class_name", "AutoencoderKL"),
            ("_diffusers_version", "0.42.1"),
            ("act_fn", "silu"),
            ("block_out_channels", .array(blockOutChannels.map { .integer($0) })),
            ("down_block_types", blocks(DownBlock.plain.rawValue)),
            ("force_upcast", .bool(forceUpcast)),
            ("in_channels", .integer(inChannels)),
            ("latent_channels", .integer(latentChannels)),
            ("layers_per_block", .integer(layersPerBlock)),
            ("mid_block_add_attention", .bool(midBlockAddAttention)),
            ("norm_num_groups", .integer(normNumGroups)),
            ("out_channels", .integer(outChannels)),
            ("sample_size", .integer(sampleSize)),
            ("up_block_types", blocks(UpBlock.plain.rawValue)),
            ("use_post_quant_conv", .bool(usePostQuantConv)),
            ("use_quant_conv", .bool(useQuantConv)),
        ]
        return .object(JSONObject(members + scaling.members))
    }
}
