import Core

/// The kinds of components that a model consists of, in the order in which they are opened, named and written: the
/// registry, a line a kind.
package struct PipelineLayout: Sendable {
    /// The components.
    package let kinds: [ComponentKind]
    /// Whether a folder with an autoencoder is refused.
    let refusesAutoencoder: Bool

    private static let diffusionKinds: [ComponentKind] = [
        .network("unet", UNet2DConditionModel.self),
        // Its own salt, so that its weights do not depend on the UNet's size.
        .network("text_encoder", CLIPTextModel.self, salt: 0x7465_7874),
        .tokenizer("tokenizer"),
        .configuration("scheduler", file: "scheduler_config.json", SchedulerConfig.self),
    ]

    /// A diffusion model over pictures, in diffusers' folder layout. Pictures are the latents themselves: there is no
    /// autoencoder.
    package static let diffusion = PipelineLayout(kinds: diffusionKinds, refusesAutoencoder: true)

    /// A diffusion model whose data are latents already: an autoencoder in its folder is left alone.
    package static let latentDiffusion = PipelineLayout(kinds: diffusionKinds, refusesAutoencoder: false)

    /// A scorer, in the folder layout of transformers' CLIP.
    package static let scorer = PipelineLayout(
        kinds: [
            .network("clip", folder: "", CLIPModel.self), .tokenizer("tokenizer", mayLieBeside: true),
            .configuration(
                "image_processor", folder: "", file: "preprocessor_config.json", CLIPImageProcessorConfig.self),
        ], refusesAutoencoder: false)

    func requireOpenable(_ folder: String) throws {
        guard refusesAutoencoder, FileContents.isFolder("\(folder)/vae") else { return }
        throw ConfigError(
            file: "\(folder)/vae", key: "vae", "models with an autoencoder are not supported",
            expected: "a folder with unet, text_encoder, tokenizer and scheduler", found: nil,
            hint: "latents that were made beforehand can be trained on: data.kind: latents")
    }
}
