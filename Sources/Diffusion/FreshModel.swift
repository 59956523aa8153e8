import Checkpoints
import Compute
import Core

/// A new model with random weights: configurations and a seed. Its numbers are made in memory, or written to a folder
/// tensor by tensor, so that a model of any size can be made where one of its tensors fits.
package struct FreshModel: Sendable {
    /// The denoising network's configuration.
    package let unet: UNetConfig
    /// The text encoder's configuration.
    package let textEncoder: CLIPTextConfig
    /// The scheduler's configuration.
    package let scheduler: SchedulerConfig
    /// Caption to token ids.
    package let tokenizer: CLIPTokenizer
    /// The tokenizer's files.
    package let tokenizerFiles: TokenizerFiles
    /// Where the numbers come from.
    package let seed: UInt64

    /// Puts the parts together. Throws `ConfigError` when they do not fit each other.
    package init(
        unet: UNetConfig, textEncoder: CLIPTextConfig, scheduler: SchedulerConfig, tokenizer: CLIPTokenizer,
        tokenizerFiles: TokenizerFiles, seed: UInt64
    ) throws {
        try ModelFit.check(unet: unet, textEncoder: textEncoder, tokenizer: tokenizer)
        self.unet = unet
        self.textEncoder = textEncoder
        self.scheduler = scheduler
        self.tokenizer = tokenizer
        self.tokenizerFiles = tokenizerFiles
        self.seed = seed
    }

    /// The text encoder draws from a seed of its own, so that its weights do not depend on the UNet's size.
    private var textSeed: UInt64 { seed ^ 0x7465_7874 }

    /// The model in memory, drawn by the workers of `engine`.
    package func open(on engine: Engine) throws -> ModelFolder {
        ModelFolder(
            unet: try UNet2DConditionModel(config: unet, loader: ParameterLoader(seed: seed, engine: engine)),
            textEncoder: try CLIPTextModel(
                config: textEncoder, loader: ParameterLoader(seed: textSeed, engine: engine)),
            tokenizer: tokenizer, tokenizerFiles: tokenizerFiles, scheduler: scheduler)
    }

    /// A network of a model as it was written.
    package struct Written: Sendable {
        /// `unet` or `text_encoder`.
        package let part: String
        /// Number of parameters.
        package let parameters: Int
        /// Identity of the weights as Float32, as manifests name it: `model/PART`.
        package let digest: Digest
        /// Path of the weights.
        package let file: String
        /// Number of bytes of that file.
        package let bytes: Int
    }

    /// Writes the model into the folder `path`, its weights as `dtype` (`f32` or `f16`), one tensor in memory at a time.
    /// Every file is replaced whole. As `f32` the numbers are those of `open`; as `f16` they are rounded to nearest.
    package func write(to path: String, dtype: DType = .f32, on engine: Engine) throws -> [Written] {
        precondition(dtype == .f32 || dtype == .f16)
        try ModelFolderLayout.writeConfigurations(
            into: FolderWriter(path), unet: unet, textEncoder: textEncoder, scheduler: scheduler,
            tokenizerFiles: tokenizerFiles, dtype: dtype)
        return [
            try FreshModel.write(
                "unet", UNet2DConditionModel.outline(unet), seed: seed, dtype,
                to: "\(path)/\(ModelFolderLayout.unetWeights)", engine),
            try FreshModel.write(
                "text_encoder", CLIPTextModel.outline(textEncoder), seed: textSeed, dtype,
                to: "\(path)/\(ModelFolderLayout.textEncoderWeights)", engine),
        ]
    }

    private static func write(
        _ part: String, _ requests: [ParameterRequest], seed: UInt64, _ dtype: DType, to file: String, _ engine: Engine
    ) throws -> Written {
        var digests: [(name: String, digest: Digest)] = []
        try Safetensors.write(
            requests.map { ($0.name, dtype, $0.shape) }, metadata: ModelFolderLayout.metadata, to: file
        ) { place in
            let request = requests[place]
            let drawn = request.drawn(seed: seed, on: engine)
            let written = dtype == .f16 ? FloatConversion.float16(drawn) : drawn
            // What a program that opens the file computes with.
            let read = FloatConversion.float32(written)!
            digests.append((request.name, read.digest(named: request.name)))
            return written
        }
        return Written(
            part: part, parameters: requests.reduce(0) { $0 + $1.count }, digest: try WeightsDigest.root(digests),
            file: file, bytes: FileContents.size(file) ?? 0)
    }
}

extension UNet2DConditionModel {
    /// The parameters of a network of `config`, in the order in which they are drawn, without their numbers.
    package static func outline(_ config: UNetConfig) throws -> [ParameterRequest] {
        try ParameterLoader.outline { _ = try UNet2DConditionModel(config: config, loader: $0) }.parameters
    }

    /// The matrices of the adapters that a network of `config` has by `recipe`, without their numbers.
    /// - Throws: `ConfigError` for a target that names no layer.
    package static func outline(_ config: UNetConfig, adapters recipe: AdapterRecipe) throws -> [ParameterRequest] {
        try ParameterLoader.outline(adapters: recipe) {
            _ = try UNet2DConditionModel(config: config, loader: $0)
        }.adapters
    }
}

extension CLIPTextModel {
    /// The parameters of an encoder of `config`, in the order in which they are drawn, without their numbers.
    package static func outline(_ config: CLIPTextConfig) throws -> [ParameterRequest] {
        try ParameterLoader.outline { _ = try CLIPTextModel(config: config, loader: $0) }.parameters
    }
}
