import Checkpoints
import Compute
import Core

/// CLIP with both towers (transformers' `CLIPModel`), with its parameter names: pictures and captions as vectors whose
/// cosine says how well they fit.
package final class CLIPModel: Sendable {
    /// The configuration.
    package let config: CLIPConfig
    /// The text tower.
    package let textModel: CLIPTextModel
    /// The image tower.
    package let visionModel: CLIPVisionModel
    /// Logarithm of the factor on cosines: a scalar.
    package let logitScale: Parameter
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]

    private let visualProjection: Linear
    private let textProjection: Linear

    /// Builds the model from a checkpoint or fresh weights. Throws `CheckpointError` naming the tensor at fault.
    package init(config: CLIPConfig, loader: ParameterLoader) throws {
        self.config = config
        textModel = try CLIPTextModel(config: config.text, loader: loader)
        visionModel = try CLIPVisionModel(config: config.vision, loader: loader)
        visualProjection = try Linear(
            loader, "visual_projection", config.vision.hiddenSize, config.projectionDim, hasBias: false)
        textProjection = try Linear(
            loader, "text_projection", config.text.hiddenSize, config.projectionDim, hasBias: false)
        logitScale = try loader.parameter("logit_scale", [], .constant(Float(config.logitScaleInitValue)))
        parameters = loader.sorted()
    }

    /// Opens a folder with `config.json` and weights, all of them finite.
    /// - Throws: `CheckpointError`, `ConfigError`, naming the file.
    package convenience init(path: String) throws {
        let directory = try ModelDirectory(path: path)
        try directory.weights.requireFinite()
        try self.init(
            config: CLIPConfig(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
    }

    /// Pictures [n, channels, edge, edge], normalised, as vectors [n, projection], not yet of length 1.
    package func imageFeatures(_ tape: Tape, pixels: Variable) -> Variable {
        visualProjection(tape, visionModel.forward(tape, pixels: pixels).pooled)
    }

    /// Captions given as token ids, all of one length, as vectors [n, projection], not yet of length 1.
    package func textFeatures(_ tape: Tape, ids: [[Int]]) -> Variable {
        textProjection(tape, textModel.forward(tape, ids: ids).pooled)
    }

    /// Writes `config.json` and `model.safetensors`; both are replaced whole.
    package func write(to path: String) throws { try write(into: FolderWriter(path)) }

    /// The same by `writer`, which keeps the digests of the files.
    package func write(into writer: FolderWriter) throws {
        try writer.write(config.transformersJSON.pretty + "\n", to: "config.json")
        try writer.write(to: "model.safetensors") { append in
            try Safetensors.stream(
                tensors: parameters.map { ($0.name, $0.value) }, metadata: ModelFolderLayout.metadata, append: append)
        }
    }

    /// Root over all parameters in name order.
    package func weightsDigest(on engine: Engine? = nil) throws -> Digest {
        try Checkpoints.weightsDigest(of: parameters.map { ($0.name, $0.value) }, on: engine)
    }
}

extension CLIPModel {
    /// The parameters of a model of `config`, in the order in which they are drawn, without their numbers.
    package static func outline(_ config: CLIPConfig) throws -> [ParameterRequest] {
        try ParameterLoader.outline { _ = try CLIPModel(config: config, loader: $0) }.parameters
    }
}
