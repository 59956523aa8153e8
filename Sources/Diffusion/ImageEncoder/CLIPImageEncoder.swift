import Checkpoints
import Compute
import Core

/// CLIP's image tower with its projection, from the folder of a whole CLIP or of transformers'
/// `CLIPVisionModelWithProjection`: pictures as vectors. Other weights of the folder are not read.
package final class CLIPImageEncoder: Sendable {
    /// The tower's configuration.
    package let vision: CLIPVisionConfig
    /// Width of a picture's vector.
    package let projectionDim: Int
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    private let tower: CLIPVisionModel
    private let projection: Linear

    /// Builds the tower and its projection from a checkpoint or fresh weights.
    /// - Throws: `CheckpointError` naming the tensor at fault.
    package init(vision: CLIPVisionConfig, projectionDim: Int, loader: ParameterLoader) throws {
        (self.vision, self.projectionDim) = (vision, projectionDim)
        tower = try CLIPVisionModel(config: vision, loader: loader)
        projection = try Linear(loader, "visual_projection", vision.hiddenSize, projectionDim, hasBias: false)
        try loader.requireNothingLeft()
        parameters = loader.sorted()
    }

    /// Opens a folder with `config.json` and weights; with `shapes` their headers alone, for a tower without numbers.
    /// - Throws: `CheckpointError`, `ConfigError`, naming the file.
    package convenience init(path: String, shapes: ShapeDevice? = nil) throws {
        let directory = try ModelDirectory(path: path)
        let config = try CLIPImageEncoder.config(directory)
        let own = directory.weights.tensors.filter { tensor in
            ["vision_model.", "visual_projection."].contains { tensor.name.hasPrefix($0) }
                && !tensor.name.hasSuffix("embeddings.position_ids")
        }
        let source = try Checkpoint(
            path: directory.weights.path, container: directory.weights.container, tensors: own)
        if shapes == nil { try source.requireFinite() }
        let loader = shapes.map { ParameterLoader(shapesOf: source, on: $0) } ?? ParameterLoader(source: source)
        try self.init(vision: config.vision, projectionDim: config.projectionDim, loader: loader)
    }

    /// What a folder's `config.json` says of the tower. - Throws: `ConfigError`.
    private static func config(_ directory: ModelDirectory) throws -> (vision: CLIPVisionConfig, projectionDim: Int) {
        let (vision, projectionDim): (CLIPVisionConfig, Int)
        if case .object? = directory.config["vision_config"] {
            let config = try CLIPConfig(directory.config, file: directory.configPath)
            (vision, projectionDim) = (config.vision, config.projectionDim)
        } else {
            vision = try CLIPVisionConfig(directory.config, file: directory.configPath)
            var reader = ConfigReader(directory.config, file: directory.configPath)
            projectionDim = try reader.integer("projection_dim", default: 512, in: 1...ConfigReader.large)
        }
        guard vision.numChannels == 3 else {
            throw ConfigError(
                file: directory.configPath, key: "num_channels", "is not that of RGB pictures", expected: "3",
                found: "\(vision.numChannels)")
        }
        return (vision, projectionDim)
    }

    /// The configuration as far as vectors depend on it.
    package var json: JSONValue { ["projection_dim": .integer(projectionDim), "vision_config": vision.json] }

    /// Pictures [n, 3, edge, edge], normalised, as vectors [n, projection], not yet of length 1.
    package func features(_ tape: Tape, pixels: Variable) -> Variable {
        projection(tape, tower.forward(tape, pixels: pixels).pooled)
    }
}
