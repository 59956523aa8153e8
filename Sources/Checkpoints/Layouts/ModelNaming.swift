/// Who names the tensors of a part of a model.
enum ModelNaming: Sendable, Equatable {
    /// diffusers and transformers, in any of their versions.
    case common
    /// latent-diffusion, and generative-models after it.
    case ldm
    /// open_clip, and OpenAI's CLIP before it.
    case openCLIP

    /// The parts of diffusers' pipelines whose names are known.
    static let folders = ["unet", "vae", "text_encoder", "text_encoder_2"]

    /// What stands before the names of a part in a single file, and the part. Longer ones first where one begins another.
    static let prefixes: [(prefix: String, component: String, naming: ModelNaming)] = [
        ("model.diffusion_model.", "unet", .ldm), ("first_stage_model.", "vae", .ldm),
        ("cond_stage_model.transformer.", "text_encoder", .common),
        ("cond_stage_model.model.", "text_encoder", .openCLIP),
        ("conditioner.embedders.0.transformer.", "text_encoder", .common),
        ("conditioner.embedders.1.model.", "text_encoder_2", .openCLIP),
        // SDXL's refiner has the second encoder alone.
        ("conditioner.embedders.0.model.", "text_encoder_2", .openCLIP),
    ]

    /// The part and the naming of a file that is of one part and has its names as they are; nil for what is not known.
    static func bare(_ names: [String]) -> (component: String, naming: ModelNaming)? {
        func begins(_ beginnings: String...) -> Bool {
            names.contains { name in beginnings.contains { name.hasPrefix($0) } }
        }
        if names.contains(where: AdapterTensorName.isAdapters) { return nil }
        if begins("transformer.resblocks.", "visual.transformer.resblocks.", "text.transformer.resblocks.") {
            return (begins("visual.") ? "clip" : "text_encoder", .openCLIP)
        }
        if begins("text_model.", "vision_model.", "embeddings.token_embedding.") {
            return (begins("vision_model.") ? "clip" : "text_encoder", .common)
        }
        if begins("input_blocks.", "middle_block.", "output_blocks.") { return ("unet", .ldm) }
        if begins("encoder.down.", "encoder.mid.", "decoder.up.", "decoder.mid.") { return ("vae", .ldm) }
        if begins("encoder.down_blocks.", "encoder.mid_block.", "decoder.up_blocks.", "decoder.mid_block.") {
            return ("vae", .common)
        }
        if begins("down_blocks.", "mid_block.", "up_blocks.") { return ("unet", .common) }
        return nil
    }

    /// A name of diffusers or transformers as their present versions write it: attention of autoencoders was `query`, `key`,
    /// `value`, `proj_attn`; transformers 5 leaves `text_model.` away where a model is nothing else.
    static func present(_ name: String, of component: String) -> String {
        if component.hasPrefix("text_encoder") {
            let isBare = ["embeddings.", "encoder.layers.", "final_layer_norm."].contains { name.hasPrefix($0) }
            return isBare ? "text_model." + name : name
        }
        guard name.contains(".attentions.") else { return name }
        var words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.count > 3, words[words.count - 4] == "attentions",
            let now = ["query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"][words[words.count - 2]]
        else { return name }
        words[words.count - 2] = now
        return words.joined(separator: ".")
    }

    /// What is known of tensors that are computed from something else or say nothing of the model; nil for others.
    static func buffer(_ name: String, of component: String) -> String? {
        if schedule.contains(name) || name == "denoiser.sigmas" {
            return "a noise schedule, which the scheduler's configuration gives"
        }
        if name.hasSuffix("embeddings.position_ids") { return "the places 0, 1, 2 …" }
        if name == "logit_scale", component.hasPrefix("text_encoder") {
            return "the temperature of CLIP's training, which a text encoder does not use"
        }
        if name == "model_ema.decay" || name == "model_ema.num_updates" { return "how the average was made" }
        return nil
    }

    /// Source: `DDPM.register_schedule` of latent-diffusion.
    private static let schedule: Set = [
        "betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
        "log_one_minus_alphas_cumprod", "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod",
        "posterior_variance", "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
        "lvlb_weights", "logvar",
    ]

    /// What a training's own state begins with, beside `state_dict`. Source: Lightning's checkpoints.
    static let trainingStates = ["optimizer_states.", "lr_schedulers.", "callbacks.", "loops.", "optimizer."]
}
