import Core
import Testing

@testable import Diffusion

struct UNetConfigTests {
    /// `unet/config.json` of Stable Diffusion 1.5 as published: diffusers 0.6, many keys missing.
    static let sd15 = """
        {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu",
         "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
         "cross_attention_dim": 768, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
         "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0,
         "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05,
         "norm_num_groups": 32, "out_channels": 4, "sample_size": 64, "up_block_types": ["UpBlock2D",
         "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
        """

    /// `unet/config.json` of Stable Diffusion XL as published: diffusers 0.19.
    static let sdxl = """
        {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.19.0.dev0", "act_fn": "silu",
         "addition_embed_type": "text_time", "addition_embed_type_num_heads": 64, "addition_time_embed_dim": 256,
         "attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280], "center_input_sample": false,
         "class_embed_type": null, "class_embeddings_concat": false, "conv_in_kernel": 3, "conv_out_kernel": 3,
         "cross_attention_dim": 2048, "cross_attention_norm": null, "down_block_types": ["DownBlock2D",
         "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], "downsample_padding": 1, "dual_cross_attention": false,
         "encoder_hid_dim": null, "encoder_hid_dim_type": null, "flip_sin_to_cos": true, "freq_shift": 0,
         "in_channels": 4, "layers_per_block": 2, "mid_block_only_cross_attention": null, "mid_block_scale_factor": 1,
         "mid_block_type": "UNetMidBlock2DCrossAttn", "norm_eps": 1e-05, "norm_num_groups": 32,
         "num_attention_heads": null, "num_class_embeds": null, "only_cross_attention": false, "out_channels": 4,
         "projection_class_embeddings_input_dim": 2816, "resnet_out_scale_factor": 1.0, "resnet_skip_time_act": false,
         "resnet_time_scale_shift": "default", "sample_size": 128, "time_cond_proj_dim": null,
         "time_embedding_act_fn": null, "time_embedding_dim": null, "time_embedding_type": "positional",
         "timestep_post_act": null, "transformer_layers_per_block": [1, 2, 10], "up_block_types":
         ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "upcast_attention": null,
         "use_linear_projection": true}
        """

    func read(_ object: JSONObject) throws -> UNetConfig { try UNetConfig(object) }

    func fault(_ key: String, _ value: JSONValue, in text: String = sd15) throws -> ConfigError? {
        let object = try ConfigSupport.parse(text)
        return ConfigSupport.fault { _ = try read(ConfigSupport.changed(object, key, value)) }
    }

    @Test func stableDiffusion15() throws {
        let config = try read(ConfigSupport.parse(Self.sd15))
        #expect(config.blockOutChannels == [320, 640, 1280, 1280])
        #expect(config.attentionHeads == [8, 8, 8, 8])
        #expect(config.downBlockTypes == [.crossAttention, .crossAttention, .crossAttention, .plain])
        #expect(config.upBlockTypes == [.plain, .crossAttention, .crossAttention, .crossAttention])
        #expect(
            config.layersPerBlock == [2, 2, 2, 2]
                && config.transformerDepths.down == [[1, 1], [1, 1], [1, 1], [1, 1]])
        #expect(config.crossAttentionDim == [768, 768, 768, 768] && config.timeEmbedDim == 1280)
        #expect(config.sampleSize == 64 && config.normNumGroups == 32 && config.normEps == 1e-5)
        #expect(!config.useLinearProjection && config.additionEmbedding == nil && config.flipSinToCos)
    }

    @Test func stableDiffusionXL() throws {
        let config = try read(ConfigSupport.parse(Self.sdxl))
        #expect(
            config.attentionHeads == [5, 10, 20] && config.transformerDepths.down == [[1, 1], [2, 2], [10, 10]])
        #expect(config.transformerDepths.up == [[10, 10, 10], [2, 2, 2], [1, 1, 1]])
        #expect(config.transformerDepths.middle == 10 && config.midBlockType == .crossAttention)
        #expect(config.additionEmbedding == .init(timeEmbedDim: 256, inputDim: 2816))
        #expect(config.additionEmbedding?.pooledDim == 1280)
        #expect(config.useLinearProjection && config.sampleSize == 128)
    }

    /// Missing keys mean diffusers' constructor defaults, and every key of the constructor is known.
    @Test func defaultsAreThoseOfDiffusers() throws {
        let defaults = try ConfigSupport.defaults("UNet2DConditionModel")
        #expect(defaults.count > 45)
        #expect(try read(defaults) == read(JSONObject()))
        let written = try JSONCursor(read(defaults).json, name: "written").object()
        for (key, value) in defaults { #expect(written[key] == value, "\(key)") }
        #expect(written.keys.filter { defaults[$0] == nil } == ["_class_name", "_diffusers_version"])
    }

    /// Every key of the constructor either changes the configuration or is refused by its name when it gets a value
    /// that nobody supports.
    @Test func noKeyIsOverlooked() throws {
        let harmless = ["addition_embed_type_num_heads"]
        let defaults = try ConfigSupport.defaults("UNet2DConditionModel")
        for key in defaults.keys where !harmless.contains(key) {
            let object = ConfigSupport.changed(defaults, key, "nonsense")
            #expect(ConfigSupport.fault { _ = try read(object) }?.key == key, "\(key)")
        }
    }

    @Test(arguments: [sd15, sdxl])
    func writtenConfigurationsReadBackEqual(_ text: String) throws {
        let config = try read(ConfigSupport.parse(text))
        let again = try JSONValue.parse(config.json.pretty, file: "written")
        #expect(try UNetConfig(JSONCursor(again, name: "written").object()) == config)
    }

    @Test func listsAndOverrides() throws {
        let base = try ConfigSupport.parse(Self.sdxl)
        let heads = try read(ConfigSupport.changed(base, "num_attention_heads", [10, 20, 40]))
        #expect(heads.attentionHeads == [10, 20, 40])
        let layers = try read(ConfigSupport.changed(base, "layers_per_block", [1, 2, 3]))
        #expect(layers.layersPerBlock == [1, 2, 3])
        let width = try read(ConfigSupport.changed(base, "cross_attention_dim", [8, 16, 32]))
        #expect(width.crossAttentionDim == [8, 16, 32])
        #expect(try read(ConfigSupport.changed(base, "sample_size", [96, 96])).sampleSize == 96)
        #expect(try read(ConfigSupport.changed(base, "act_fn", "swish")) == read(base))
        #expect(try read(ConfigSupport.changed(base, "upcast_attention", true)).upcastAttention)
        #expect(try read(ConfigSupport.changed(base, "_name_or_path", "x")) == read(base))
    }

    /// Networks made smaller, such as SSD-1B's: another depth behind each ResNet, and the way up by itself; one ResNet in the
    /// middle, or nothing.
    @Test func depthsOfEachTransformerAndTheMiddle() throws {
        let base = try ConfigSupport.parse(Self.sdxl)
        var object = ConfigSupport.changed(base, "transformer_layers_per_block", [1, [2, 2, 9], [4, 3]])
        object["reverse_transformer_layers_per_block"] = [[4, 4, 10], [2, 1, 1], 1]
        let config = try read(object)
        #expect(config.transformerDepths.down == [[1, 1], [2, 2], [4, 3]] && config.transformerDepths.middle == 4)
        #expect(config.transformerDepths.up == [[4, 4, 10], [2, 1, 1], [1, 1, 1]])
        let mirrored = try read(
            ConfigSupport.changed(base, "reverse_transformer_layers_per_block", [10, 2, [1, 1, 1]]))
        #expect(try mirrored == read(base))
        let plain = try read(ConfigSupport.changed(base, "mid_block_type", "UNetMidBlock2D"))
        let none = try read(ConfigSupport.changed(base, "mid_block_type", .null))
        #expect(plain.midBlockType == .plain && none.midBlockType == nil)
        for config in [config, plain, none] {
            #expect(try read(JSONCursor(config.json, name: "written").object()) == config)
        }
    }

    @Test func refusalsNameKeyValueAndWhatIsSupported() throws {
        #expect(
            try fault("class_embed_type", "timestep")?.description
                == "config.json: class_embed_type: \"timestep\" is not supported, expected null")
        #expect(
            try fault("reverse_transformer_layers_per_block", [[1], [1]])?.expected
                == "one integer, or 4 integers or lists")
        #expect(
            try fault("reverse_transformer_layers_per_block", [1, [1, 2], 1, 1])?.key
                == "reverse_transformer_layers_per_block[1]")
        #expect(try fault("mid_block_type", "UNetMidBlock2DSimpleCrossAttn")?.key == "mid_block_type")
        #expect(try fault("conv_in_kernel", 5)?.expected == "3")
        #expect(try fault("dropout", .number(.init(1)))?.expected == "0")
        #expect(try fault("down_block_types", ["AttnDownBlock2D"])?.key == "down_block_types[0]")
        #expect(
            try fault("transformer_layers_per_block", [1, [1, 2], 1, 1])?.expected
                == "reverse_transformer_layers_per_block beside it")
        #expect(
            try fault("transformer_layers_per_block", [1, 2])?.expected == "one integer, or 4 integers or lists")
        #expect(try fault("only_cross_attention", [false, true, false, false])?.key == "only_cross_attention")
        #expect(try fault("_class_name", "UNet2DModel")?.expected == "UNet2DConditionModel")
        #expect(try fault("cross_attention_dim", .null)?.key == "cross_attention_dim")
        #expect(try fault("attention_head_dim", .null)?.key == "attention_head_dim")
        #expect(try fault("norm_num_groups", .null)?.key == "norm_num_groups")
        #expect(try fault("sample_size", [64, 32])?.key == "sample_size")
        #expect(try fault("addition_embed_type", "text")?.expected == "null, \"text_time\"")
        let unknown = try fault("blok_out_channels", [32])
        #expect(unknown?.key == "blok_out_channels" && unknown?.hint == "the nearest known key is block_out_channels")
    }

    @Test func valuesMustFitEachOther() throws {
        #expect(try fault("norm_num_groups", 7)?.key == "block_out_channels[0]")
        #expect(try fault("attention_head_dim", 7)?.key == "attention_head_dim[0]")
        // The first block of SDXL has no attention, so its heads do not matter.
        #expect(try fault("attention_head_dim", [7, 10, 20], in: Self.sdxl) == nil)
        #expect(try fault("attention_head_dim", [5, 10, 21], in: Self.sdxl)?.key == "attention_head_dim[2]")
        #expect(try fault("block_out_channels", [320, 640])?.key == "down_block_types")
        #expect(try fault("up_block_types", ["UpBlock2D"])?.key == "up_block_types")
        #expect(try fault("block_out_channels", [])?.key == "block_out_channels")
        #expect(try fault("addition_time_embed_dim", .null, in: Self.sdxl)?.key == "addition_time_embed_dim")
        #expect(
            try fault("projection_class_embeddings_input_dim", 1536, in: Self.sdxl)?.key
                == "projection_class_embeddings_input_dim")
    }
}
