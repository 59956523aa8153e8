import Core

extension Checkpoint {
    /// Opens what is at a path: a file of any of the formats, an index of shards, a model folder or a pipeline folder.
    /// Headers are read and checked, tensors are not. The format is told by the bytes, not by the name.
    /// - Parameters:
    ///   - path: the file or folder.
    ///   - ignored: patterns (`NamePattern`) of the relative paths of a folder's files that are left alone.
    /// - Throws: `CheckpointError`.
    package init(opening path: String, ignoring ignored: [String] = []) throws {
        if FileContents.isFolder(path) {
            try self.init(folder: path, ignoring: ignored)
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
                metadata: opened.metadata + (isAdapter ? Self.adapterConfig(beside: path) : []))
        }
    }

    /// The weights of the one model that a folder holds, of any format and in any number of files (`WeightsFiles`); other
    /// files, and folders below, are not opened: whatever is in a file that a run opens belongs to its inputs.
    /// - Throws: `CheckpointError`: `layout` where there are none, or two could be meant. `FileError`.
    package init(weightsIn folder: String, variant: WeightsVariant = .whatIsThere) throws {
        let file = try WeightsFiles(InventoriedFolder.names(folder), readsIndexes: false).model(variant)
        try ModelDirectory.requireInside(file.file.place)
        self = try file.open()
    }

    /// The variants of the weights in a model's folder, in byte order. - Throws: `FileError`.
    package static func variants(in folder: String) throws -> [String] {
        let files = try WeightsFiles(InventoriedFolder.names(folder), readsIndexes: false).models
        return Set(files.compactMap(\.variant)).sorted(by: utf8Less)
    }

    /// The members of the configuration that lies beside an adapter's weights, as a folder's metadata name them.
    private static func adapterConfig(beside path: String) throws -> [(key: String, value: String)] {
        let config = ModelDirectory.join(ModelDirectory.folder(of: path), adapterConfig)
        guard FileContents.exists(config) else { return [] }
        return try FolderTexts.entries(
            of: InventoriedFile(name: adapterConfig, path: adapterConfig, place: config))
    }

    /// `model.safetensors.index.json`, or of a variant `model.safetensors.index.fp16.json`.
    static func isIndex(_ path: String) -> Bool { path.hasSuffix(".json") && path.contains(".index.") }

    /// PEFT's configuration of an adapter, and its weights.
    static let (adapterConfig, adapterWeights) = ("adapter_config.json", "adapter_model.safetensors")
    /// Its weights as a pickle, as PEFT wrote them before 0.6.
    static let adapterPickle = "adapter_model.bin"
}
