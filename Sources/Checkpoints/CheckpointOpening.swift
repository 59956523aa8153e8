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
            let isAdapter = path == Self.adapterWeights || path.hasSuffix("/" + Self.adapterWeights)
            try self.init(
                path: opened.path, container: opened.container, tensors: opened.tensors,
                metadata: opened.metadata
                    + (isAdapter ? Self.config(ModelDirectory.folder(of: path), files: [Self.adapterConfig]) : []))
        }
    }

    /// A file, of the format that its first bytes are of.
    init(file: OpenFile) throws {
        let start = try file.bytes(0..<min(8, file.size))
        if start.starts(with: "GGUF".utf8) || start.starts(with: "FUGG".utf8) {
            try self.init(gguf: file)
        } else if start.starts(with: "PK".utf8) || start.starts(with: [0x80]) && start.last != 0 {
            // An archive; or a pickle without one, as PyTorch wrote before 1.6, which the reader refuses by name.
            try self.init(torch: file)
        } else {
            try self.init(safetensors: file)
        }
    }

    /// A folder: of one model, or of a pipeline whose components are folders.
    private init(folder: String) throws {
        // Beside the components of a pipeline there may be whole checkpoints in one file, for other programs.
        let isPipeline = FileContents.exists(ModelDirectory.join(folder, "model_index.json"))
        if !isPipeline, let weights = try Self.weights(in: folder) {
            let config = try Self.config(folder).filter { own in !weights.metadata.contains { $0.key == own.key } }
            self = try Checkpoint(
                path: folder, container: "model folder", tensors: weights.tensors,
                metadata: weights.metadata + config)
            return
        }
        var tensors: [CheckpointTensor] = []
        var metadata = try Self.config(folder)
        var found = 0
        for name in try FileContents.names(in: folder) where !name.hasPrefix(".") {
            let component = ModelDirectory.join(folder, name)
            guard FileContents.isFolder(component) else { continue }
            // Adapters beside the components, as a run leaves them, are merged into these already.
            if FileContents.exists(ModelDirectory.join(component, Self.adapterConfig)) { continue }
            metadata += try Self.config(component, prefix: name + "/")
            guard let weights = try Self.weights(in: component) else { continue }
            found += 1
            tensors += weights.tensors.map { $0.named(name + "/" + $0.name) }
            metadata += weights.metadata.map { (name + "/" + $0.key, $0.value) }
        }
        guard found > 0 else {
            throw CheckpointError(
                .layout, file: folder, "no weights, neither here nor in folders below",
                expected: (ModelDirectory.stems.map { "\($0).safetensors" } + Self.pickles).joined(separator: ", "),
                hint: "name the file itself")
        }
        try self.init(path: folder, container: "pipeline folder", tensors: tensors, metadata: metadata)
    }

    /// `model.safetensors.index.json`, or of a variant `model.safetensors.index.fp16.json`.
    private static func isIndex(_ path: String) -> Bool { path.hasSuffix(".json") && path.contains(".index.") }

    private static let (adapterConfig, adapterWeights) = ("adapter_config.json", "adapter_model.safetensors")
    private static let configs = ["config.json", "model_index.json", "scheduler_config.json", adapterConfig]
    private static let pickles = ["diffusion_pytorch_model.bin", "pytorch_model.bin", "model.bin"]

    /// The weights of a model's folder; `nil` where there are none. Where a model is there both as safetensors and as
    /// pickle, the former is read, as diffusers does.
    private static func weights(in folder: String) throws -> Checkpoint? {
        let names = try FileContents.names(in: folder)
        func candidates(_ isOne: (String) -> Bool) -> [String] { names.filter(isOne) }
        var files = candidates { isIndex($0) && $0.contains(".safetensors.") }
        if files.isEmpty { files = candidates { $0.hasSuffix(".safetensors") } }
        if files.isEmpty { files = candidates { isIndex($0) && $0.contains(".bin.") } }
        if files.isEmpty { files = candidates { pickles.contains($0) } }
        if files.isEmpty { files = candidates { $0.hasSuffix(".gguf") } }
        if files.count > 1 {
            // The plain name is the model, where a variant such as fp16 lies beside it.
            let plain = ModelDirectory.stems.flatMap { ["\($0).safetensors", "\($0).safetensors.index.json"] }
            // PEFT's adapter is the one that its configuration belongs to.
            let adapter = names.contains(adapterConfig) ? [adapterWeights] : []
            let preferred = files.filter((plain + adapter).contains)
            guard preferred.count == 1 else {
                throw CheckpointError(
                    .layout, file: folder, "several files of weights", found: files.joined(separator: ", "),
                    hint: "name the file itself")
            }
            files = preferred
        }
        guard let file = files.first else { return nil }
        return try Checkpoint(opening: ModelDirectory.join(folder, file))
    }

    /// The members of the folder's configurations, as texts: `config.json: sample_size`.
    private static func config(
        _ folder: String, prefix: String = "", files: [String] = configs
    ) throws -> [(key: String, value: String)] {
        try files.flatMap { file -> [(key: String, value: String)] in
            let path = ModelDirectory.join(folder, file)
            guard FileContents.exists(path) else { return [] }
            return try ModelDirectory.readObject(path).members.map { ("\(prefix)\(file): \($0)", $1.canonical) }
        }
    }
}
