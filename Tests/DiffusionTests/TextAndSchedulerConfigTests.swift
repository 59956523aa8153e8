import Core
import Testing

@testable import Diffusion

struct CLIPTextConfigTests {
    /// `text_encoder/config.json` of Stable Diffusion 1.5 as published.
    static let sd15 = """
        {"_name_or_path": "openai/clip-vit-large-patch14", "architectures": ["CLIPTextModel"],
         "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu",
         "hidden_size": 768, "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 3072,
         "layer_norm_eps": 1e-05, "max_position_embeddings": 77, "model_type": "clip_text_model",
         "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 768,
         "torch_dtype": "float32", "transformers_version": "4.22.0.dev0", "vocab_size": 49408}
        """

    @Test func stableDiffusion15() throws {
        let config = try CLIPTextConfig(ConfigSupport.parse(Self.sd15))
        #expect(config.hiddenSize == 768 && config.numAttentionHeads == 12 && config.hiddenAct == .quickGELU)
        #expect(config.endOfText == .largestID && config.architecture == .textModel && config.vocabSize == 49408)
        let written = try JSONCursor(config.json, name: "written").object()
        #expect(try CLIPTextConfig(written) == config)
    }

    @Test func defaultsAreThoseOfTransformers() throws {
        let defaults = try ConfigSupport.defaults("CLIPTextConfig")
        #expect(defaults.count > 20)
        #expect(try CLIPTextConfig(defaults) == CLIPTextConfig(JSONObject()))
        #expect(try CLIPTextConfig(defaults).endOfText == .id(49407))
    }

    @Test func endOfText() {
        #expect(CLIPTextConfig.EndOfText.largestID.position(in: [1, 9, 3, 9, 9]) == 1)
        #expect(CLIPTextConfig.EndOfText.id(3).position(in: [1, 9, 3, 3]) == 2)
        #expect(CLIPTextConfig.EndOfText.id(7).position(in: [1, 9, 3]) == 0)
        #expect(CLIPTextConfig.EndOfText.largestID.position(in: [0, 1, 9, 3][1...]) == 1)
    }

    @Test func refusals() throws {
        let base = try ConfigSupport.parse(Self.sd15)
        let cases: [(String, JSONValue)] = [
            ("hidden_act", "relu"), ("architectures", ["BertModel"]), ("model_type", "bert"), ("is_decoder", true),
            ("attention_dropout", 1), ("num_attention_heads", 7), ("eos_token_id", [1, 2]), ("hidden_sise", 3),
            ("vocab_size", "many"), ("layer_norm_eps", 2),
        ]
        for (key, value) in cases {
            let object = ConfigSupport.changed(base, key, value)
            #expect(ConfigSupport.fault { _ = try CLIPTextConfig(object) }?.key == key)
        }
        let projected = ConfigSupport.changed(base, "architectures", ["CLIPTextModelWithProjection"])
        #expect(try CLIPTextConfig(projected).architecture == .withProjection)
    }
}

struct SchedulerConfigTests {
    /// `scheduler_config.json` of Stable Diffusion 1.5 as published (PNDM).
    static let sd15 = """
        {"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
         "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
         "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
         "clip_sample": false}
        """

    /// `scheduler_config.json` of Stable Diffusion XL as published (Euler).
    static let sdxl = """
        {"_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0.dev0", "beta_end": 0.012,
         "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": false, "interpolation_type": "linear",
         "num_train_timesteps": 1000, "prediction_type": "epsilon", "sample_max_value": 1.0,
         "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "timestep_spacing": "leading",
         "trained_betas": null, "use_karras_sigmas": false}
        """

    @Test func publishedFiles() throws {
        let config = try SchedulerConfig(ConfigSupport.parse(Self.sd15))
        #expect(config.betaStart == 0.00085 && config.betaEnd == 0.012 && config.betaSchedule == .scaledLinear)
        #expect(config.stepsOffset == 1 && !config.setAlphaToOne && config.clipSampleRange == nil)
        #expect(config.timestepSpacing == .leading && config.predictionType == .epsilon)
        #expect(try SchedulerConfig(ConfigSupport.parse(Self.sdxl)) == config)
        let written = try JSONCursor(config.json, name: "written").object()
        #expect(try SchedulerConfig(written) == config)
    }

    @Test func defaultsAreThoseOfDiffusersDDIM() throws {
        let config = try SchedulerConfig(JSONObject())
        #expect(try SchedulerConfig(ConfigSupport.defaults("DDIMScheduler")) == config)
        #expect(config.clipSampleRange == 1 && config.setAlphaToOne && config.betaSchedule == .linear)
    }

    /// Flax's classes are the same networks and schedules under other names.
    @Test func flaxClasses() throws {
        let text = try CLIPTextConfig(["architectures": ["FlaxCLIPTextModelWithProjection"]])
        #expect(text == (try CLIPTextConfig(["architectures": ["CLIPTextModelWithProjection"]])))
        #expect(try CLIPConfig(["architectures": ["FlaxCLIPModel"]]) == CLIPConfig(["architectures": ["CLIPModel"]]))
        let unet = try UNetConfig([
            "_class_name": "FlaxUNet2DConditionModel", "split_head_dim": false, "use_memory_efficient_attention": true,
        ])
        #expect(unet == (try UNetConfig(["_class_name": "UNet2DConditionModel"])))
        for name in ["DDIMScheduler", "PNDMScheduler", "DPMSolverMultistepScheduler"] {
            #expect(
                try SchedulerConfig(["_class_name": .string("Flax" + name)])
                    == SchedulerConfig(["_class_name": .string(name)]))
        }
        #expect(throws: ConfigError.self) { try UNetConfig(["_class_name": "FlaxFlaxUNet2DConditionModel"]) }
        #expect(throws: ConfigError.self) { try SchedulerConfig(["_class_name": "FlaxKarrasVeScheduler"]) }
        #expect(throws: ConfigError.self) { try CLIPTextConfig(["architectures": ["FlaxBertModel"]]) }
    }

    /// What other schedulers write with their defaults is known; only a few of those values are refused.
    @Test func keysOfOtherSchedulers() throws {
        for name in SchedulerConfig.classNames {
            guard let defaults = try? ConfigSupport.defaults(name) else { continue }
            let object = ConfigSupport.changed(defaults, "_class_name", .string(name))
            #expect(ConfigSupport.fault { _ = try SchedulerConfig(object) } == nil, "\(name)")
        }
    }

    @Test func refusals() throws {
        let base = try ConfigSupport.parse(Self.sd15)
        let cases: [(String, JSONValue)] = [
            ("beta_schedule", "sigmoid"), ("prediction_type", "sample"), ("trained_betas", [1]), ("thresholding", true),
            ("timestep_spacing", "odd"), ("num_train_timesteps", 0), ("beta_start", 1), ("beta_strat", 1),
            ("_class_name", "FlowMatchEulerDiscreteScheduler"), ("steps_offset", -1),
        ]
        for (key, value) in cases {
            let object = ConfigSupport.changed(base, key, value)
            #expect(ConfigSupport.fault { _ = try SchedulerConfig(object) }?.key == key)
        }
        let velocity = ConfigSupport.changed(base, "prediction_type", "v_prediction")
        #expect(try SchedulerConfig(velocity).predictionType == .velocity)
    }
}
