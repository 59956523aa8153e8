import Digests

extension Checkpoint {
    /// A folder: of one model, or of a pipeline whose components are folders.
    init(folder: String) throws {
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
    static func config(
        _ folder: String, prefix: String = "", files: [String] = configs
    ) throws -> [(key: String, value: String)] {
        try files.flatMap { file -> [(key: String, value: String)] in
            let path = ModelDirectory.join(folder, file)
            guard FileContents.exists(path) else { return [] }
            return try ModelDirectory.readObject(path).members.map { ("\(prefix)\(file): \($0)", $1.canonical) }
        }
    }
}
