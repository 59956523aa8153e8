extension Checkpoint {
    /// A file that torch.save wrote, by PyTorch 1.6 or later: `.pt`, `.pth`, `.bin`, `.ckpt`. Its pickle is read, and
    /// nothing that it names is run.
    ///
    /// Tensors have dotted names, made of the keys and places that lead to them (`state.0.exp_avg`); those of a dict
    /// `state_dict` at the top have names without it. Numbers, texts and `None` are the metadata.
    /// - Throws: `CheckpointError`: `code` where the pickle names anything that would have to be run, `container`,
    ///   `truncated`, `offsets`, `dtype`, `trailingBytes`, `duplicateName`.
    public init(torch file: OpenFile) throws {
        let archive = try TorchArchive(file)
        var machine = PickleMachine(try archive.pickle())
        let root = try machine.run()
        var flattening = TorchFlattening(
            TorchTensors(archive: archive, cursor: machine.cursor, heap: machine.heap))
        try flattening.take(root)
        try Self.requireDistinctKeys(flattening.metadata, file: file.path)
        try self.init(
            path: file.path, container: "PyTorch", tensors: flattening.tensors, metadata: flattening.metadata)
    }
}
