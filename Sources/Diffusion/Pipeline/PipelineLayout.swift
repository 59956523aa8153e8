import Core

/// The kinds of components that a model consists of, in the order in which they are opened, named and written: the
/// registry, a line a kind.
package struct PipelineLayout: Sendable {
    /// The components.
    package let kinds: [ComponentKind]
    /// What pipelines of diffusers have besides, and is left alone; nil of a model that is none, and has no
    /// `model_index.json`.
    private let besides: [String]?

    private static let latentKinds: [ComponentKind] = [
        .network("unet", title: "UNet", UNet2DConditionModel.self),
        // Its own salt, so that its weights do not depend on the UNet's size.
        .network("text_encoder", CLIPTextModel.self, salt: 0x7465_7874),
        // SDXL's.
        .network("text_encoder_2", CLIPTextModel.self, salt: 0x7465_7832, isOptional: true),
        .tokenizer("tokenizer"),
        .tokenizer("tokenizer_2", isOptional: true),
        .configuration("scheduler", file: "scheduler_config.json", SchedulerConfig.self),
    ]

    private static let autoencoder = ComponentKind.network(
        "vae", title: "autoencoder", AutoencoderKL.self, salt: 0x7661_6500, isOptional: true)

    /// Source: `StableDiffusionPipeline._optional_components` of diffusers 0.42.
    private static let optionalKinds = ["safety_checker", "feature_extractor", "image_encoder"]

    /// A diffusion model in diffusers' folder layout: over the latents of its autoencoder, or, where it has none, over
    /// pictures, which are the latents themselves.
    package static let diffusion = PipelineLayout(
        kinds: latentKinds.dropLast() + [autoencoder] + latentKinds.suffix(1), besides: optionalKinds)

    /// A diffusion model whose data are latents already: an autoencoder in its folder is left alone.
    package static let latentDiffusion = PipelineLayout(kinds: latentKinds, besides: optionalKinds + ["vae"])

    /// A scorer, in the folder layout of transformers' CLIP.
    package static let scorer = PipelineLayout(
        kinds: [
            .network("clip", folder: "", CLIPModel.self), .tokenizer("tokenizer", mayLieBeside: true),
            .configuration(
                "image_processor", folder: "", file: "preprocessor_config.json", CLIPImageProcessorConfig.self),
        ], besides: nil)

    static let autoencoderHint = "latents that were made beforehand can be trained on: data.kind: latents"

    /// Throws `CheckpointError` for a folder of another kind of model, by its `model_index.json`.
    func requireOpenable(_ folder: ModelFolder) throws {
        guard let besides else { return }
        try PipelineIndex(folder: folder.path)?.require(self, besides: besides, in: folder)
    }

    /// Throws `ConfigError` where an autoencoder is given to a model that is opened without one.
    func requireAutoencoder() throws {
        guard !kinds.contains(where: { $0.name == "vae" }) else { return }
        throw ConfigError(
            file: "the recipe", key: "model.vae", "has no use",
            expected: "a diffusion model that makes latents of pictures",
            found: besides == nil ? "a scorer" : "data.kind: latents", hint: "leave model.vae out")
    }
}
