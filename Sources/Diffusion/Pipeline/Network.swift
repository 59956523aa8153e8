import Checkpoints
import Compute
import Core

/// The configuration of a component as diffusers or transformers writes it.
package protocol ComponentConfiguration: Sendable {
    /// Takes the members of the file `file`. - Throws: `ConfigError` for what is not supported.
    init(_ object: JSONObject, file: String) throws
    /// The configuration as those programs read it; `init` reads it back equal.
    var json: JSONValue { get }
}

extension ComponentConfiguration {
    /// Reads a file.
    /// - Throws: `ConfigError` for what is not supported; `CheckpointError` when the file cannot be read.
    package init(path: String) throws { try self.init(try ModelDirectory.readObject(path), file: path) }
}

/// A component with weights: a `config.json`, and a file of tensors with the names that diffusers or transformers give
/// them.
package protocol Network: Component {
    associatedtype Configuration: ComponentConfiguration
    /// The configuration.
    var config: Configuration { get }
    /// The name of the file of weights that is written.
    static var weightsName: String { get }
    /// What is written as weights: names, and numbers that are made when they are asked for, one tensor at a time.
    var storedWeights: [(name: String, shape: [Int], make: () -> Tensor)] { get }
    /// Writes what lies beside the network's own folder.
    func writeBesides(into writer: FolderWriter) throws
    /// Builds the network from a checkpoint, fresh weights, or none. Throws `CheckpointError` naming the tensor at fault.
    init(config: Configuration, loader: ParameterLoader) throws
}

extension Network {
    package var storedWeights: [(name: String, shape: [Int], make: () -> Tensor)] {
        parameters.map { parameter in (parameter.name, parameter.value.shape, { parameter.value }) }
    }

    package func writeBesides(into writer: FolderWriter) throws {}

    /// Opens a folder with `config.json` and weights, all of them finite, or with its configuration alone a network whose
    /// weights are shapes on a device.
    /// - Throws: `CheckpointError`, `ConfigError`, naming the file.
    package init(path: String, variant: WeightsVariant = .whatIsThere, shapes: ShapeDevice? = nil) throws {
        if let shapes {
            try self.init(config: Configuration(path: "\(path)/config.json"), loader: ParameterLoader(shapesOn: shapes))
            return
        }
        let directory = try ModelDirectory(path: path, variant: variant)
        try directory.weights.requireFinite()
        try self.init(
            config: Configuration(directory.config, file: directory.configPath),
            loader: ParameterLoader(source: directory.weights))
    }

    package func configurationDigests(_ folder: String) -> [String: Digest] {
        [folder.isEmpty ? "config.json" : "\(folder)/config": .of(.document, config.json)]
    }

    package func weightsDigest(_ folder: String) throws -> (name: String, digest: Digest)? {
        (
            folder.isEmpty ? Self.weightsName : folder,
            try Checkpoints.weightsDigest(of: parameters.map { ($0.name, $0.value) })
        )
    }

    package func weightsFile(_ folder: String) -> String? { Pipeline.path(folder, Self.weightsName) }

    package func writeConfiguration(into writer: FolderWriter, _ folder: String, storing dtype: DType) throws {
        var json = config.json
        if dtype == .f16, case .object(var members) = json, members["dtype"] != nil {
            members["dtype"] = "float16"
            json = .object(members)
        }
        try writer.write(json.pretty + "\n", to: Pipeline.path(folder, "config.json"))
    }

    package func writeWeights(into writer: FolderWriter, _ folder: String) throws {
        let weights = storedWeights
        try writer.write(to: Pipeline.path(folder, Self.weightsName)) { append in
            try Safetensors.stream(
                weights.map { ($0.name, .f32, $0.shape) }, metadata: Safetensors.torchMetadata, append: append
            ) { weights[$0].make() }
        }
        try writeBesides(into: writer)
    }
}
