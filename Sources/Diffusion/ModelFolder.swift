import Checkpoints
import Compute
import Core

/// A model in diffusers' folder layout: `unet/`, `text_encoder/`, `tokenizer/`, `scheduler/`. Pictures are the latents
/// themselves: there is no autoencoder.
package struct ModelFolder: Sendable {
    /// The denoising network.
    package let unet: UNet2DConditionModel
    /// The text encoder.
    package let textEncoder: CLIPTextModel
    /// Caption to token ids.
    package let tokenizer: CLIPTokenizer
    /// The tokenizer's files, for writing the folder again.
    package let tokenizerFiles: TokenizerFiles
    /// The scheduler's configuration.
    package let scheduler: SchedulerConfig

    /// Puts a model together.
    package init(
        unet: UNet2DConditionModel, textEncoder: CLIPTextModel, tokenizer: CLIPTokenizer,
        tokenizerFiles: TokenizerFiles, scheduler: SchedulerConfig
    ) {
        self.unet = unet
        self.textEncoder = textEncoder
        self.tokenizer = tokenizer
        self.tokenizerFiles = tokenizerFiles
        self.scheduler = scheduler
    }

    /// Opens the folder `path`. Throws what is missing, misshapen or not finite, with the file's name.
    /// - Parameter ignoresAutoencoder: whether a folder `vae/` is left alone rather than refused: for data that are
    ///   latents already.
    package init(path: String, ignoresAutoencoder: Bool = false) throws {
        if !ignoresAutoencoder { try ModelFolder.requireNoAutoencoder(path) }
        unet = try ModelFolder.openUNet("\(path)/unet")
        let directory = try ModelDirectory(path: "\(path)/text_encoder")
        try directory.weights.requireFinite()
        textEncoder = try CLIPTextModel(
            config: CLIPTextConfig(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
        (tokenizer, tokenizerFiles) = try ModelFolder.openTokenizer("\(path)/tokenizer")
        scheduler = try SchedulerConfig(path: "\(path)/scheduler/scheduler_config.json")
    }

    private static func requireNoAutoencoder(_ path: String) throws {
        guard FileContents.isFolder("\(path)/vae") else { return }
        throw ConfigError(
            file: "\(path)/vae", key: "vae", "models with an autoencoder are not supported",
            expected: "a folder with unet, text_encoder, tokenizer and scheduler", found: nil,
            hint: "latents that were made beforehand can be trained on: data.kind: latents")
    }

    /// Reads everything of the folder `path` but the weights, and whether it fits together. Throws as `init(path:)` does.
    package static func checkConfigurations(path: String, ignoresAutoencoder: Bool = false) throws {
        if !ignoresAutoencoder { try requireNoAutoencoder(path) }
        _ = try SchedulerConfig(path: "\(path)/scheduler/scheduler_config.json")
        try ModelFit.check(
            unet: UNetConfig(path: "\(path)/unet/config.json"),
            textEncoder: CLIPTextConfig(path: "\(path)/text_encoder/config.json"),
            tokenizer: openTokenizer("\(path)/tokenizer").0)
    }

    /// Throws `ConfigError` when what the network draws is not an RGB picture.
    package func requirePictures() throws {
        guard unet.config.inChannels == 3, unet.config.outChannels == 3 else {
            throw ConfigError(
                file: "unet/config.json", key: "in_channels",
                "are latents, which need an autoencoder to become pictures",
                expected: "3", found: "\(unet.config.inChannels)")
        }
    }

    /// A network from a folder with `config.json` and weights, all of them finite.
    package static func openUNet(_ path: String) throws -> UNet2DConditionModel {
        let directory = try ModelDirectory(path: path)
        try directory.weights.requireFinite()
        return try UNet2DConditionModel(
            config: UNetConfig(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
    }

    /// A tokenizer with the files it was read from.
    package static func openTokenizer(_ path: String) throws -> (CLIPTokenizer, TokenizerFiles) {
        let files = try TokenizerFiles(folder: path)
        return (try CLIPTokenizer(files), files)
    }

    /// Writes the model; every file is replaced whole. Of a network with adapters the folder holds the merged weights
    /// (`LowRankUpdate.merged`), which any program can use, and the adapters by themselves in `lora/`.
    package func write(to path: String) throws { try write(into: FolderWriter(path)) }

    /// Writes the model by `writer`, which keeps the digests of the files: they are functions of the model alone.
    package func write(into writer: FolderWriter) throws {
        try ModelFolderLayout.writeConfigurations(
            into: writer, unet: unet.config, textEncoder: textEncoder.config, scheduler: scheduler,
            tokenizerFiles: tokenizerFiles)
        let weights = unet.mergedWeights
        try writer.write(to: ModelFolderLayout.unetWeights) { append in
            try Safetensors.stream(
                weights.map { ($0.name, .f32, $0.shape) }, metadata: ModelFolderLayout.metadata, append: append
            ) { weights[$0].make() }
        }
        try writer.write(to: ModelFolderLayout.textEncoderWeights) { append in
            try Safetensors.stream(
                tensors: textEncoder.parameters.map { ($0.name, $0.value) }, metadata: ModelFolderLayout.metadata,
                append: append)
        }
        if let recipe = unet.adapterRecipe { try AdapterFiles.write(unet.adapters, recipe, into: writer) }
    }

    /// The same model with fresh adapters in its network, whose weights are shared and not copied.
    /// - Throws: `ConfigError` for a target that names no layer.
    package func adapted(by recipe: AdapterRecipe) throws -> ModelFolder {
        ModelFolder(
            unet: try UNet2DConditionModel(
                config: unet.config,
                loader: ParameterLoader(sharing: unet.parameters, adapters: recipe)),
            textEncoder: textEncoder, tokenizer: tokenizer, tokenizerFiles: tokenizerFiles, scheduler: scheduler)
    }

    /// What stands for the content of each part, independent of the files' layout; adapters are no part of it, they
    /// begin by a recipe.
    package func digests() throws -> [String: Digest] {
        func weights(_ parameters: [Parameter]) throws -> Digest {
            try weightsDigest(of: parameters.map { ($0.name, $0.value) })
        }
        let parts = [
            "model/unet": try weights(unet.parameters),
            "model/unet/config": .of(.document, unet.config.diffusersJSON),
            "model/text_encoder": try weights(textEncoder.parameters),
            "model/text_encoder/config": .of(.document, textEncoder.config.transformersJSON),
            "model/scheduler": .of(.document, scheduler.diffusersJSON),
        ]
        return parts.merging(tokenizerFiles.digests("model/tokenizer")) { first, _ in first }
    }

    /// Captions that are encoded at once: the activations of a thousand of them would take gigabytes.
    static let captionsAtOnce = 8

    /// The hidden states of captions, without gradients: [captions, tokens, width].
    package func encode(_ captions: [String], engine: Engine) -> TextCondition {
        let tape = Tape(engine: engine, isRecording: false)
        let parts = stride(from: 0, to: captions.count, by: ModelFolder.captionsAtOnce).map { start in
            let part = captions[start..<min(captions.count, start + ModelFolder.captionsAtOnce)]
            return textEncoder.forward(tape, ids: part.map(tokenIDs)).last.value
        }
        return TextCondition(context: parts.count == 1 ? parts[0] : engine.stacked(parts))
    }

    /// Whether a caption has more tokens than the encoder takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool {
        tokenizer.cuts(caption, to: textEncoder.config.maxPositionEmbeddings)
    }

    /// The token ids of a caption, padded to the encoder's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.encode(caption, length: textEncoder.config.maxPositionEmbeddings).ids
    }
}

extension NoiseSchedule {
    /// Stands for the tables' bits.
    package var digest: Digest {
        func bits(_ values: [Float]) -> JSONValue { .array(values.map { .bits($0) }) }
        return .of(
            .schedule,
            [
                "betas": bits(betas), "alphas_cumprod": bits(alphasCumprod),
                "alpha_before_first": .bits(alphaBeforeFirst), "prediction": .string(prediction.rawValue),
            ])
    }
}
