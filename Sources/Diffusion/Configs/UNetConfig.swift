import Checkpoints
import Core

/// What a diffusers `UNet2DConditionModel` is made of, as far as this project builds it: the UNets of Stable
/// Diffusion 1.x, 2.x and XL, of any size. Names are those of `config.json`; lists have one element a block, in the
/// order of the down blocks (up blocks use them reversed).
package struct UNetConfig: Equatable, ComponentConfiguration {
    /// Kinds of blocks on the way down.
    package enum DownBlock: String, CaseIterable, Sendable {
        /// ResNet blocks, each followed by a transformer.
        case crossAttention = "CrossAttnDownBlock2D"
        /// ResNet blocks only.
        case plain = "DownBlock2D"
    }

    /// Kinds of blocks on the way up.
    package enum UpBlock: String, CaseIterable, Sendable {
        /// ResNet blocks only.
        case plain = "UpBlock2D"
        /// ResNet blocks, each followed by a transformer.
        case crossAttention = "CrossAttnUpBlock2D"
    }

    /// Kinds of blocks between the two ways.
    package enum MidBlock: String, CaseIterable, Sendable {
        /// A ResNet block, a transformer, a ResNet block.
        case crossAttention = "UNetMidBlock2DCrossAttn"
        /// One ResNet block.
        case plain = "UNetMidBlock2D"
    }

    /// `addition_embed_type: "text_time"`: SDXL's embedding of the pooled text and of the picture's size and place.
    package struct TextTime: Equatable, Sendable {
        /// `addition_time_embed_dim`: width of the sinusoid of each of the time ids.
        package let timeEmbedDim: Int
        /// `projection_class_embeddings_input_dim`: width of the pooled text and all sinusoids together.
        package let inputDim: Int
        /// Number of time ids of SDXL: original size, crop and target size.
        package static let timeIDCount = 6
        /// Width of the pooled text when there are six time ids.
        package var pooledDim: Int { inputDim - Self.timeIDCount * timeEmbedDim }
    }

    /// `in_channels`
    package let inChannels: Int
    /// `out_channels`
    package let outChannels: Int
    /// `sample_size`: height and width of the latents that the model was made for; any other size works too.
    package let sampleSize: Int?
    /// `block_out_channels`
    package let blockOutChannels: [Int]
    /// `down_block_types`
    package let downBlockTypes: [DownBlock]
    /// `up_block_types`, in their own order.
    package let upBlockTypes: [UpBlock]
    /// `layers_per_block`: ResNet blocks in each down block; the up block of the same size has one more.
    package let layersPerBlock: [Int]
    /// Number of attention *heads* of each block: `num_attention_heads`, or where that is null, `attention_head_dim`,
    /// which in spite of its name means the same.
    package let attentionHeads: [Int]
    /// `mid_block_type`; nil for a network without a middle block.
    package let midBlockType: MidBlock?
    /// `transformer_layers_per_block`, `reverse_transformer_layers_per_block`
    package let transformerDepths: UNetTransformerDepths
    /// `cross_attention_dim`: width of the text; the middle block takes the last.
    package let crossAttentionDim: [Int]
    /// `use_linear_projection`: whether transformers project by a linear layer and not by a 1×1 convolution.
    package let useLinearProjection: Bool
    /// `addition_embed_type`
    package let additionEmbedding: TextTime?
    /// `norm_num_groups`
    package let normNumGroups: Int
    /// `norm_eps`: of the ResNet blocks and the last GroupNorm. The transformers' GroupNorm always has 1e-6.
    package let normEps: Double
    /// `flip_sin_to_cos`: whether the cosines of the time embedding come first.
    package let flipSinToCos: Bool
    /// `freq_shift` of the time embedding.
    package let freqShift: Double
    /// `downsample_padding`: 1, or 0 for padding at the right and bottom only.
    package let downsamplePadding: Int
    /// `upcast_attention`: without effect, as everything is computed in Float32; kept for writing.
    package let upcastAttention: Bool

    /// Width of the time embedding after its two linear layers.
    package var timeEmbedDim: Int { 4 * blockOutChannels[0] }

    /// Takes the members of a `config.json`; `file` is for messages. Missing keys take diffusers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        var reader = ConfigReader(object, file: file)
        try reader.requireClass(UNet2DConditionModel.classNames)
        let large = ConfigReader.large
        inChannels = try reader.integer("in_channels", default: 4, in: 1...large)
        outChannels = try reader.integer("out_channels", default: 4, in: 1...large)
        sampleSize = try Self.readSampleSize(&reader)
        blockOutChannels = try reader.list("block_out_channels", default: [320, 640, 1280, 1280], in: 1...large)
        let blocks = blockOutChannels.count
        downBlockTypes = try reader.choices(
            "down_block_types", default: [.crossAttention, .crossAttention, .crossAttention, .plain])
        upBlockTypes = try reader.choices(
            "up_block_types", default: [.plain, .crossAttention, .crossAttention, .crossAttention])
        layersPerBlock = try reader.integers("layers_per_block", count: blocks, default: 2, in: 1...1000)
        attentionHeads = try Self.readHeads(&reader, blocks: blocks)
        midBlockType = try Self.readMidBlock(&reader)
        transformerDepths = try UNetTransformerDepths(&reader, layersPerBlock: layersPerBlock)
        crossAttentionDim = try reader.integers("cross_attention_dim", count: blocks, default: 1280, in: 1...large)
        useLinearProjection = try reader.bool("use_linear_projection", default: false)
        additionEmbedding = try Self.readAdditionEmbedding(&reader)
        normNumGroups = try reader.integer("norm_num_groups", default: 32, in: 1...large)
        normEps = try reader.number("norm_eps", default: 1e-5, in: 0...1)
        flipSinToCos = try reader.bool("flip_sin_to_cos", default: true)
        freqShift = try reader.number("freq_shift", default: 0, in: -1000...1000)
        downsamplePadding = try reader.integer("downsample_padding", default: 1, in: 0...1)
        upcastAttention = try reader.bool("upcast_attention", default: false, nullAs: false)
        try Self.readNeutral(&reader)
        try reader.finish()
        try UNetConfigCheck(config: self, file: file).run()
    }
}
