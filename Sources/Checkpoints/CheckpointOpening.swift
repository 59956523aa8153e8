import Digests

extension Checkpoint {
    /// Opens what is at a path: a file of any of the formats, an index of shards, a model folder or a pipeline folder.
    /// Headers are read and checked, tensors are not. The format is told by the bytes, not by the name.
    /// - Throws: `CheckpointError`.
    public init(opening path: String) throws {
        if FileContents.isFolder(path) {
            try self.init(folder: path)
        } else if Self.isIndex(path) {
            try self.init(index: path)
        } else {
            let opened = try Checkpoint(file: try OpenFile(path: path))
            // PEFT's weights lack the scale, which stands in the configuration beside them.
            let isAdapter = [Self.adapterWeights, Self.adapterPickle].contains {
                path == $0 || path.hasSuffix("/" + $0)
            }
            try self.init(
                path: opened.path, container: opened.container, tensors: opened.tensors,
                metadata: opened.metadata
                    + (isAdapter ? Self.config(ModelDirectory.folder(of: path), files: [Self.adapterConfig]) : []))
        }
    }

    /// `model.safetensors.index.json`, or of a variant `model.safetensors.index.fp16.json`.
    static func isIndex(_ path: String) -> Bool { path.hasSuffix(".json") && path.contains(".index.") }

    /// PEFT's configuration of an adapter, and its weights.
    static let (adapterConfig, adapterWeights) = ("adapter_config.json", "adapter_model.safetensors")
    /// Its weights as a pickle, as PEFT wrote them before 0.6.
    static let adapterPickle = "adapter_model.bin"
}
