import Core

extension Checkpoint {
    /// A folder: of one model, or of a pipeline whose components are folders, at any depth. A component's tensors have
    /// its relative path in front, what lies beside a model in a file of its own that file's.
    ///
    /// Every file below is in `files`, read or not.
    /// - Throws: `CheckpointError`; `layout` where nothing can be read, or two files could be meant. `FileError`.
    init(folder: String, ignoring ignored: [String]) throws {
        let inventory = try FolderInventory(folder, ignoring: ignored)
        var assembly = FolderAssembly(files: inventory.others)
        for part in inventory.folders { try assembly.take(part) }
        guard assembly.hasWeights else {
            let unread = assembly.files.filter { $0.use == .unread }.map { "\($0.path) (\($0.why))" }
            throw CheckpointError(
                .layout, file: folder, "no weights, neither here nor in folders below",
                expected:
                    "model.safetensors, diffusion_pytorch_model.safetensors, pytorch_model.bin or other files of tensors",
                found: unread.isEmpty ? nil : unread.prefix(3).joined(separator: "; "), hint: "name the file itself")
        }
        try self.init(
            path: folder, container: assembly.isModel ? "model folder" : "pipeline folder", tensors: assembly.tensors,
            metadata: assembly.metadata, files: assembly.files)
    }
}
