import Compute
import Core

/// A pipeline that draws: captions to hidden states, hidden states and noise to pictures.
package struct DiffusionModel: Sendable {
    /// All components.
    package let pipeline: Pipeline
    /// The denoising network.
    package let unet: UNet2DConditionModel
    /// The text encoders in their order: one of SD1.5, of SDXL CLIP-L and bigG.
    package let textEncoders: [TextEncoder]
    /// What makes latents of pictures; nil of a model over pictures, and of one whose data are latents already.
    package let autoencoder: AutoencoderKL?
    /// The scheduler's configuration.
    package let scheduler: SchedulerConfig

    /// Takes the components by their names. - Throws: `ConfigError` for one that is missing.
    package init(_ pipeline: Pipeline) throws {
        self.pipeline = pipeline
        unet = try pipeline.require("unet")
        textEncoders = try ["", "_2"].filter { $0.isEmpty || pipeline["text_encoder" + $0] != nil }.map {
            TextEncoder(
                network: try pipeline.require("text_encoder" + $0), tokenizer: try pipeline.require("tokenizer" + $0))
        }
        autoencoder = pipeline["vae"] as? AutoencoderKL
        scheduler = try pipeline.require("scheduler")
    }

    /// Opens the folder `path`. Throws what is missing, misshapen or not finite, with the file's name.
    package init(path: String) throws { try self.init(Pipeline(.diffusion, folder: path)) }

    /// Throws `ConfigError` when what the network draws is not an RGB picture.
    package func requirePictures() throws {
        guard unet.config.inChannels == 3, unet.config.outChannels == 3 else {
            throw ConfigError(
                file: "unet/config.json", key: "in_channels",
                autoencoder == nil
                    ? "are latents, which need an autoencoder to become pictures"
                    : "are latents, and pictures are not drawn through an autoencoder",
                expected: "3", found: "\(unet.config.inChannels)")
        }
    }

    /// The same model with fresh adapters in its network, whose weights are shared and not copied.
    /// - Throws: `ConfigError` for a target that names no layer.
    package func adapted(by recipe: AdapterRecipe) throws -> DiffusionModel {
        let loader =
            try pipeline.shapes.map { ParameterLoader(shapesOn: $0, adapters: recipe) }
            ?? ParameterLoader(sharing: unet.parameters, adapters: recipe)
        return try DiffusionModel(
            pipeline.replacing("unet", with: UNet2DConditionModel(config: unet.config, loader: loader)))
    }

    /// Pixels of a picture along an edge for one of its latents where nothing says so: Stable Diffusion's autoencoders,
    /// SD1.5's and SDXL's.
    package static let pixelsPerLatent = 8

    /// Captions that are encoded at once: the activations of a thousand of them would take gigabytes.
    package static let captionsAtOnce = 8

    /// What the text encoders make of captions, a few at a time, without gradients.
    /// - Parameters:
    ///   - seconds: captions for the second encoder in the place of `captions`.
    ///   - skip: layers that are left out besides (`clip_skip`), fewer than the encoders have.
    package func encode(
        _ captions: [String], seconds: [String]? = nil, skipping skip: Int = 0, engine: Engine
    ) -> TextStates {
        let parts = stride(from: 0, to: captions.count, by: DiffusionModel.captionsAtOnce).map { start in
            let rows = start..<min(captions.count, start + DiffusionModel.captionsAtOnce)
            return TextStates(
                of: Array(captions[rows]), seconds: seconds.map { Array($0[rows]) }, by: textEncoders, skipping: skip,
                on: engine)
        }
        return TextStates.joined(parts, engine: engine)
    }

    /// What guided sampling is told in place of captions where there is no negative one: of SD1.5 the empty caption, of
    /// SDXL zeros (`force_zeros_for_empty_prompt` of diffusers' `StableDiffusionXLPipeline`). Training encodes the empty
    /// caption with either.
    package func withoutCaption(count: Int, engine: Engine) -> TextStates {
        guard textEncoders.count > 1 else { return encode([String](repeating: "", count: count), engine: engine) }
        let (first, second) = (textEncoders[0].network.config, textEncoders[1].network.config)
        return TextStates(
            context: engine.zeros([count, textEncoders[0].length, first.hiddenSize + second.hiddenSize]),
            pooled: engine.zeros([count, second.projectionDim]))
    }

    /// What the network is told of samples: their captions' states, one a sample, and of SDXL their sizes.
    package func condition(_ states: TextStates, sizes: [SizeCondition]) -> TextCondition {
        TextCondition(states, sizes: sizes)
    }

    /// Whether the network is told the samples' sizes (`addition_embed_type: text_time`).
    package var needsSizes: Bool { unet.config.additionEmbedding != nil }

    /// Whether a caption has more tokens than an encoder takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool { textEncoders.contains { $0.cuts(caption) } }
}
