import Core

extension Checkpoint {
    /// The shards that an index names (`*.index.json`), read as one.
    ///
    /// Every file of the index must be there and every tensor in the file that the index names; a tensor that the index
    /// does not list is an error. What all shards say is metadata once, what one says otherwise than another is metadata
    /// under its name, and the index has its own.
    /// - Throws: `CheckpointError`.
    package init(index path: String) throws {
        let map = try ShardIndex(path)
        var tensors: [CheckpointTensor] = []
        var metadata = ShardMetadata()
        var container: String?
        for file in map.files {
            let shard = try Checkpoint(file: OpenFile(path: map.path(of: file)))
            for tensor in shard.tensors {
                guard let listed = map.file(of: tensor.name) else {
                    throw CheckpointError(
                        .shard, file: path, tensor: tensor.name, "not listed in the index", found: file)
                }
                guard utf8Equal(listed, file) else {
                    throw CheckpointError(
                        .shard, file: path, tensor: tensor.name, "in another shard", expected: listed, found: file)
                }
            }
            guard container ?? shard.container == shard.container else {
                throw CheckpointError(
                    .shard, file: path, "shards of several formats", expected: container, found: shard.container)
            }
            container = shard.container
            tensors += shard.tensors
            metadata.add(shard.metadata, of: file)
        }
        // What a pickle says is said of one tensor or another; a safetensors header speaks of all.
        let texts =
            metadata.merged(mayLack: container != "safetensors")
            + map.metadata(
                bytes: tensors.reduce(0) { $0 + $1.byteCount }, elements: tensors.reduce(0) { $0 + $1.count })
        try Self.requireDistinctKeys(texts, file: path)
        try self.init(path: path, container: container ?? "safetensors", tensors: tensors, metadata: texts)
        for name in map.names where self[name] == nil {
            throw CheckpointError(
                .shard, file: path, tensor: name, "in no shard", expected: map.file(of: name))
        }
    }
}
