import Autodiff
import Checkpoints
import Digests
import Tensors

/// A model in diffusers' folder layout: `unet/`, `text_encoder/`, `tokenizer/`, `scheduler/`. Pictures are the latents
/// themselves: there is no autoencoder.
public struct ModelFolder: Sendable {
    /// The denoising network.
    public let unet: UNet2DConditionModel
    /// The text encoder.
    public let textEncoder: CLIPTextModel
    /// Caption to token ids.
    public let tokenizer: CLIPTokenizer
    /// Bytes of `vocab.json` and `merges.txt`, for writing the folder again.
    public let tokenizerFiles: [(name: String, bytes: [UInt8])]
    /// The scheduler's configuration.
    public let scheduler: SchedulerConfig

    /// Puts a model together.
    public init(
        unet: UNet2DConditionModel, textEncoder: CLIPTextModel, tokenizer: CLIPTokenizer,
        tokenizerFiles: [(name: String, bytes: [UInt8])], scheduler: SchedulerConfig
    ) {
        self.unet = unet
        self.textEncoder = textEncoder
        self.tokenizer = tokenizer
        self.tokenizerFiles = tokenizerFiles
        self.scheduler = scheduler
    }

    /// Opens the folder `path`. Throws what is missing, misshapen or not finite, with the file's name.
    public init(path: String) throws {
        if FileContents.isFolder("\(path)/vae") {
            throw ConfigError(
                file: "\(path)/vae", key: "vae", "models with an autoencoder are not supported",
                expected: "a folder with unet, text_encoder, tokenizer and scheduler", found: nil, hint: nil)
        }
        unet = try ModelFolder.openUNet("\(path)/unet")
        let directory = try ModelDirectory(path: "\(path)/text_encoder")
        try directory.weights.requireFinite()
        textEncoder = try CLIPTextModel(
            config: CLIPTextConfig(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
        (tokenizer, tokenizerFiles) = try ModelFolder.openTokenizer("\(path)/tokenizer")
        scheduler = try SchedulerConfig(path: "\(path)/scheduler/scheduler_config.json")
    }

    /// A network from a folder with `config.json` and weights, all of them finite.
    public static func openUNet(_ path: String) throws -> UNet2DConditionModel {
        let directory = try ModelDirectory(path: path)
        try directory.weights.requireFinite()
        return try UNet2DConditionModel(
            config: UNetConfig(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
    }

    /// A tokenizer with the bytes it was read from.
    public static func openTokenizer(_ path: String) throws -> (CLIPTokenizer, [(name: String, bytes: [UInt8])]) {
        let files = try ["merges.txt", "vocab.json"].map { ($0, try FileContents.read("\(path)/\($0)")) }
        return (try CLIPTokenizer(folder: path), files)
    }

    /// Writes the model; every file is replaced whole.
    public func write(to path: String) throws {
        for part in ["unet", "text_encoder", "tokenizer", "scheduler"] {
            try FileContents.makeFolder("\(path)/\(part)")
        }
        func tensors(_ parameters: [Parameter]) -> [(name: String, tensor: Tensor)] {
            parameters.map { ($0.name, $0.value) }
        }
        try AtomicFile.write(unet.config.diffusersJSON.pretty + "\n", to: "\(path)/unet/config.json")
        try Safetensors.write(
            tensors: tensors(unet.parameters), metadata: ["format": "pt"],
            to: "\(path)/unet/diffusion_pytorch_model.safetensors")
        try AtomicFile.write(textEncoder.config.transformersJSON.pretty + "\n", to: "\(path)/text_encoder/config.json")
        try Safetensors.write(
            tensors: tensors(textEncoder.parameters), metadata: ["format": "pt"],
            to: "\(path)/text_encoder/model.safetensors")
        for file in tokenizerFiles { try AtomicFile.write(file.bytes, to: "\(path)/tokenizer/\(file.name)") }
        try AtomicFile.write(
            scheduler.diffusersJSON.pretty + "\n", to: "\(path)/scheduler/scheduler_config.json")
    }

    /// What stands for the content of each part, independent of the files' layout.
    public func digests() throws -> [String: Digest] {
        func weights(_ parameters: [Parameter]) throws -> Digest {
            try weightsDigest(of: parameters.map { ($0.name, $0.value) })
        }
        return [
            "model/unet": try weights(unet.parameters),
            "model/unet/config": .of(.document, unet.config.diffusersJSON),
            "model/text_encoder": try weights(textEncoder.parameters),
            "model/text_encoder/config": .of(.document, textEncoder.config.transformersJSON),
            "model/tokenizer": .of(.tokenizer, tokenizerFiles.map { Digest.of(.file, $0.bytes) }),
            "model/scheduler": .of(.document, scheduler.diffusersJSON),
        ]
    }

    /// The hidden states of captions, without gradients: [captions, tokens, width].
    public func encode(_ captions: [String], engine: Engine) -> TextCondition {
        let tape = Tape(engine: engine, isRecording: false)
        return TextCondition(context: textEncoder.forward(tape, ids: captions.map(tokenIDs)).last.value)
    }

    /// The token ids of a caption, padded to the encoder's length.
    public func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.encode(caption, length: textEncoder.config.maxPositionEmbeddings).ids
    }
}

extension NoiseSchedule {
    /// Stands for the tables' bits.
    public var digest: Digest {
        func bits(_ values: [Float]) -> JSONValue { .array(values.map { .bits($0) }) }
        return .of(
            .schedule,
            [
                "betas": bits(betas), "alphas_cumprod": bits(alphasCumprod),
                "alpha_before_first": .bits(alphaBeforeFirst), "prediction": .string(prediction.rawValue),
            ])
    }
}
