import Core
import Testing

@testable import Diffusion

struct CLIPConfigTests {
    /// The published `config.json` of openai/clip-vit-large-patch14, without its settings for generating text.
    static let large = """
        {"_name_or_path": "clip-vit-large-patch14/", "architectures": ["CLIPModel"], "initializer_factor": 1.0,
         "logit_scale_init_value": 2.6592, "model_type": "clip", "projection_dim": 768,
         "text_config": {"_name_or_path": "", "add_cross_attention": false, "architectures": null,
          "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu",
          "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05, "max_position_embeddings": 77,
          "model_type": "clip_text_model", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1,
          "projection_dim": 768, "vocab_size": 49408},
         "text_config_dict": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
          "num_hidden_layers": 12, "projection_dim": 768},
         "torch_dtype": "float32", "transformers_version": null,
         "vision_config": {"_name_or_path": "", "architectures": null, "hidden_act": "quick_gelu",
          "hidden_size": 1024, "image_size": 224, "intermediate_size": 4096, "model_type": "clip_vision_model",
          "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768},
         "vision_config_dict": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
          "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768}}
        """

    @Test func publishedModel() throws {
        let config = try CLIPConfig(ConfigSupport.parse(Self.large))
        #expect(config.projectionDim == 768 && config.logitScaleInitValue == 2.6592)
        #expect(config.vision.hiddenSize == 1024 && config.vision.grid == 16 && config.vision.numChannels == 3)
        // `text_config_dict` counts where both are there, with transformers' defaults for what it lacks.
        #expect(config.text.hiddenSize == 768 && config.text.endOfText == .id(49407))
        let written = try JSONCursor(config.json, name: "written").object()
        #expect(try CLIPConfig(written) == config)
        let plain = ConfigSupport.changed(try ConfigSupport.parse(Self.large), "text_config_dict", nil)
        #expect(try CLIPConfig(plain).text.endOfText == .largestID)
    }

    @Test func defaultsAreThoseOfTransformers() throws {
        let defaults = try ConfigSupport.defaults("CLIPVisionConfig")
        #expect(defaults.count > 20)
        #expect(try CLIPVisionConfig(defaults) == CLIPVisionConfig(JSONObject()))
        let whole = try ConfigSupport.defaults("CLIPConfig")
        #expect(try CLIPConfig(whole) == CLIPConfig(JSONObject()))
    }

    @Test func refusals() throws {
        let base = try ConfigSupport.parse(Self.large)
        for (key, value) in [
            ("architectures", ["CLIPVisionModel"]), ("model_type", "siglip"), ("projection_dim", 0),
            ("logit_scale_init_value", "high"), ("text_config", 3), ("vision_konfig", [:]),
        ] as [(String, JSONValue)] {
            let object = ConfigSupport.changed(base, key, value)
            #expect(ConfigSupport.fault { _ = try CLIPConfig(object) }?.key == key)
        }
        for (key, value) in [
            ("hidden_act", "relu"), ("num_attention_heads", 7), ("patch_size", 300), ("image_size", [224, 336]),
            ("attention_dropout", 1), ("model_type", "clip_text_model"), ("patch_sise", 3),
        ] as [(String, JSONValue)] {
            let object = ConfigSupport.changed(JSONObject(), key, value)
            #expect(ConfigSupport.fault { _ = try CLIPVisionConfig(object) }?.key == key)
        }
    }
}

struct CLIPImageProcessorConfigTests {
    /// As transformers 4.23 wrote it for openai/clip-vit-large-patch14.
    static let old = """
        {"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
         "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
         "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224}
        """
    /// As transformers 5.23 writes it.
    static let new = """
        {"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_convert_rgb": true,
         "do_normalize": true, "do_rescale": true, "do_resize": true,
         "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_processor_type": "CLIPImageProcessor",
         "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "rescale_factor": 0.00392156862745098,
         "size": {"shortest_edge": 224}}
        """

    @Test func oldAndNewFilesMeanTheSame() throws {
        let config = CLIPImageProcessorConfig(edge: 224)
        for text in [Self.old, Self.new] {
            #expect(try CLIPImageProcessorConfig(ConfigSupport.parse(text)) == config)
        }
        let written = try JSONCursor(config.json, name: "written").object()
        #expect(try CLIPImageProcessorConfig(written) == config)
    }

    @Test func refusals() throws {
        let base = try ConfigSupport.parse(Self.new)
        for (key, value) in [
            ("size", ["height": 224, "width": 224]), ("size", "large"), ("crop_size", ["height": 224, "width": 200]),
            ("crop_size", 225), ("resample", 1), ("do_resize", false), ("image_mean", [1, 1]),
            ("image_std", [1, 1, 0]), ("rescale_factor", "none"), ("image_processor_type", "ViTImageProcessor"),
            ("resampel", 3),
        ] as [(String, JSONValue)] {
            let object = ConfigSupport.changed(base, key, value)
            #expect(ConfigSupport.fault { _ = try CLIPImageProcessorConfig(object) }?.key == key)
        }
    }
}
