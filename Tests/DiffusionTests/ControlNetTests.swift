import Compute
import Core
import Testing

@testable import Diffusion

/// ControlNets by their configurations; their numbers are held against diffusers' in OracleTests.
@Suite struct ControlNetTests {
    /// `config.json` of lllyasviel's ControlNets for Stable Diffusion 1.5, without the keys that say nothing.
    private static let published = """
        {"_class_name": "ControlNetModel", "_diffusers_version": "0.14.0.dev0", "act_fn": "silu", "attention_head_dim": 8,
        "block_out_channels": [320, 640, 1280, 1280], "class_embed_type": null,
        "conditioning_embedding_out_channels": [16, 32, 96, 256], "controlnet_conditioning_channel_order": "rgb",
        "cross_attention_dim": 768, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
        "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0,
        "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32,
        "num_class_embeds": null, "only_cross_attention": false, "projection_class_embeddings_input_dim": null,
        "resnet_time_scale_shift": "default", "upcast_attention": false, "use_linear_projection": false}
        """

    private func network(_ text: String) throws -> ControlNetModel {
        try ControlNetModel(
            config: ControlNetConfig(ConfigSupport.parse(text)), loader: ParameterLoader(shapesOn: ShapeDevice()))
    }

    @Test func thePublishedNetworkHasItsParameters() throws {
        let network = try network(Self.published)
        #expect(network.requests.reduce(0) { $0 + $1.count } == 361_279_120)
        #expect(network.requests.count { $0.name.hasPrefix("controlnet_down_blocks.") } == 2 * 12)
        #expect(network.config.factor == 8)
    }

    @Test func aWrittenConfigurationReadsBackEqual() throws {
        for text in [Self.published, "{}", #"{"controlnet_conditioning_channel_order": "bgr"}"#] {
            let config = try ControlNetConfig(ConfigSupport.parse(text))
            #expect(try ControlNetConfig(JSONCursor(config.json, name: "config").object()) == config)
        }
    }

    @Test(arguments: [
        (#"{"global_pool_conditions": true}"#, "global_pool_conditions"),
        (#"{"_class_name": "UNet2DConditionModel"}"#, "_class_name"),
        (#"{"up_block_types": ["UpBlock2D"]}"#, "up_block_types"),
        (#"{"controlnet_conditioning_channel_order": "gbr"}"#, "controlnet_conditioning_channel_order"),
        (#"{"conditioning_embedding_out_channels": []}"#, "conditioning_embedding_out_channels"),
        (#"{"block_out_channels": [320, 640]}"#, "down_block_types"),
        (#"{"mid_block_type": null}"#, "mid_block_type"),
        (#"{"conditioning_chanels": 3}"#, "conditioning_chanels"),
    ]) func whatIsNotSupportedIsNamed(_ text: String, _ key: String) throws {
        let error = try #require(throws: ConfigError.self) {
            try ControlNetConfig(ConfigSupport.parse(text), file: "config.json")
        }
        #expect(error.key == key, "\(error)")
    }

    @Test func aNetworkGoesWithItsOwnFamily() throws {
        let network = try network(Self.published)
        func unet(_ change: String) throws -> UNetConfig {
            try UNetConfig(ConfigSupport.parse(#"{"cross_attention_dim": 768\#(change)}"#))
        }
        try network.requireFit(unet(""), file: "config.json")
        for (change, key) in [
            (#", "in_channels": 9"#, "in_channels"), (#", "layers_per_block": 1"#, "layers_per_block"),
            (#", "block_out_channels": [320, 640, 1280, 640]"#, "block_out_channels"),
            (#", "downsample_padding": 0"#, "downsample_padding"),
        ] {
            let other = try unet(change)
            let error = try #require(throws: ConfigError.self) { try network.requireFit(other, file: "config.json") }
            #expect(error.key == key, "\(error)")
        }
        let wide = try UNetConfig(ConfigSupport.parse(#"{"cross_attention_dim": 1024}"#))
        #expect(throws: ConfigError.self) { try network.requireFit(wide, file: "config.json") }
    }

    /// Calls i of n with i/n ≥ start and (i + 1)/n ≤ end, as diffusers counts them.
    @Test func theShareOfTheCallsIsDiffusers() throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let config = try ControlNetConfig(
            ConfigSupport.parse(
                """
                {"block_out_channels": [4, 4], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
                "layers_per_block": 1, "norm_num_groups": 2, "cross_attention_dim": 4, "attention_head_dim": 2,
                "conditioning_embedding_out_channels": [2, 2]}
                """))
        let network = try ControlNetModel(config: config, loader: ParameterLoader(seed: 1))
        let picture = Tensor(zeros: [1, 3, 8, 8])
        func calls(_ start: Double, _ end: Double, of count: Int) -> [Int] {
            let guide = ControlGuide(network, picture: picture, start: start, end: end, engine: engine)
            return (0..<count).filter { guide.steers($0, of: count) }
        }
        #expect(calls(0, 1, of: 4) == [0, 1, 2, 3])
        #expect(calls(0, 0.5, of: 5) == [0, 1])
        #expect(calls(0.2, 0.8, of: 6) == [2, 3])
        #expect(calls(0.5, 1, of: 4) == [2, 3])
    }
}
