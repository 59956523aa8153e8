import Compute
import Core

/// A pipeline that draws: captions to hidden states, hidden states and noise to pictures.
package struct DiffusionModel: Sendable {
    /// All components.
    package let pipeline: Pipeline
    /// The denoising network.
    package let unet: UNet2DConditionModel
    /// The text encoder.
    package let textEncoder: CLIPTextModel
    /// Caption to token ids.
    package let tokenizer: CaptionTokenizer
    /// What makes latents of pictures; nil of a model over pictures, and of one whose data are latents already.
    package let autoencoder: AutoencoderKL?
    /// The scheduler's configuration.
    package let scheduler: SchedulerConfig

    /// Takes the components by their names. - Throws: `ConfigError` for one that is missing.
    package init(_ pipeline: Pipeline) throws {
        self.pipeline = pipeline
        unet = try pipeline.require("unet")
        textEncoder = try pipeline.require("text_encoder")
        tokenizer = try pipeline.require("tokenizer")
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

    /// Captions that are encoded at once: the activations of a thousand of them would take gigabytes.
    package static let captionsAtOnce = 8

    /// The hidden states of captions, without gradients: [captions, tokens, width].
    package func encode(_ captions: [String], engine: Engine) -> TextCondition {
        let tape = Tape(engine: engine, isRecording: false)
        let parts = stride(from: 0, to: captions.count, by: DiffusionModel.captionsAtOnce).map { start in
            let part = captions[start..<min(captions.count, start + DiffusionModel.captionsAtOnce)]
            return textEncoder.forward(tape, ids: part.map(tokenIDs)).last.value
        }
        return TextCondition(context: parts.count == 1 ? parts[0] : engine.stacked(parts))
    }

    /// Whether a caption has more tokens than the encoder takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool {
        tokenizer.vocabulary.cuts(caption, to: textEncoder.config.maxPositionEmbeddings)
    }

    /// The token ids of a caption, padded to the encoder's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.vocabulary.encode(caption, length: textEncoder.config.maxPositionEmbeddings).ids
    }
}
