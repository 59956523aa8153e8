extension Checkpoint {
    /// A file that torch.save wrote: `.pt`, `.pth`, `.bin`, `.ckpt`, in the form of PyTorch 1.6 and later or in that of
    /// before. Its pickle is read, and nothing that it names is run.
    ///
    /// Tensors have dotted names, made of the keys and places that lead to them (`state.0.exp_avg`), in objects too;
    /// those of a dict `state_dict` at the top have names without it. All else is metadata, each kind of value with its
    /// own form of text (`PickleText`); an object of a class that is not known is its class, its arguments and what is
    /// set on it.
    /// - Throws: `CheckpointError`: `code` where the pickle names anything that would have to be run (`PickleCode`),
    ///   `container`, `truncated`, `offsets`, `dtype`, `trailingBytes`, `duplicateName`.
    package init(torch file: OpenFile) throws {
        let root: PickleValue
        let machine: PickleMachine
        let storages: any TorchStorages
        var others: [CheckpointTensor] = []
        if try CheckpointFormat.of(file) == .torchStream {
            let stream = try TorchStream(file)
            (root, machine, storages) = (stream.root, stream.machine, stream)
        } else {
            let archive = try TorchArchive(file)
            var reading = PickleMachine(try archive.pickle())
            root = try reading.run()
            (machine, storages) = (reading, archive)
            others = archive.others(than: reading.heap.storages.map { reading.cursor.string($0.key) })
        }
        var flattening = TorchFlattening(
            TorchTensors(storages: storages, cursor: machine.cursor, heap: machine.heap))
        try flattening.take(root)
        for (name, source) in machine.sources { try flattening.take(source: source, of: name) }
        try Self.requireDistinctKeys(flattening.metadata, file: file.path)
        try self.init(
            path: file.path, container: "PyTorch", tensors: flattening.tensors + others,
            metadata: flattening.metadata)
    }
}
