import Core

/// The folder of a model that is written: where the weights and the configurations of its parts lie.
struct ConvertedFolder {
    private let contents: ModelContents
    private let configuration: String?
    /// The texts of the input, where that is a folder.
    private let own: [FolderFile]
    private let isPipeline: Bool

    init(_ contents: ModelContents, configuration: String?, input: Checkpoint) {
        (self.contents, self.configuration) = (contents, configuration)
        own = input.files.filter { $0.use == .text }
        isPipeline = !contents.isBare
    }

    /// Whether a tensor is one of a part.
    func holds(_ name: String, of component: String) -> Bool { !isPipeline || name.hasPrefix(component + "/") }

    /// The tensor's name in its file.
    func name(_ name: String) -> String {
        guard isPipeline, let slash = name.firstIndex(of: "/") else { return name }
        return String(name[name.index(after: slash)...])
    }

    /// The file of a part's weights, below the folder.
    func file(of component: String, variant: String?) -> String {
        let stem = ["unet", "vae"].contains(component) ? "diffusion_pytorch_model" : "model"
        let file = "\(stem).\(variant.map { $0 + "." } ?? "")safetensors"
        return isPipeline ? "\(component)/\(file)" : file
    }

    /// Configurations, vocabularies and all other texts that belong to the folder.
    /// - Throws: `CheckpointError` (`layout`) where a part has no configuration; `FileError`.
    func texts() throws -> [(path: String, bytes: [UInt8])] {
        var files = own
        if let configuration {
            let inventory = try FolderInventory(configuration)
            files = inventory.folders.flatMap(\.files).filter { file in
                switch file.nature {
                case .json, .text: WeightsFile(file, readsIndex: false) == nil
                default: false
                }
            }.map { $0.used(.text) }
        }
        let parts = contents.components
        for component in parts {
            let path = isPipeline ? "\(component)/config.json" : "config.json"
            guard !files.contains(where: { utf8Equal($0.path, path) }) else { continue }
            throw CheckpointError(
                .layout, file: configuration ?? contents.file, "no configuration of the \(component)",
                expected: path, hint: "--configuration names a folder that has it")
        }
        // What belongs to parts that are not written stays away, but for those of a pipeline that have no weights.
        let kept = files.filter { file in
            guard isPipeline, let slash = file.path.firstIndex(of: "/") else { return true }
            let folder = String(file.path[..<slash])
            return parts.contains(folder) || ["scheduler", "feature_extractor"].contains(folder)
                || folder.hasPrefix("tokenizer")
        }
        return try kept.map { ($0.path, try FileContents.read($0.place)) }
    }
}
