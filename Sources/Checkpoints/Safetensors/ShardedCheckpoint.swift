import Digests

extension Checkpoint {
    /// The shards that an index names (`*.index.json`), read as one.
    ///
    /// Every file of the index must be there and every tensor in the file that the index names; a tensor that the index
    /// does not list is an error.
    /// - Throws: `CheckpointError`.
    public init(index path: String) throws {
        let map = try ShardIndex(path)
        var tensors: [CheckpointTensor] = []
        var metadata: [(key: String, value: String)] = []
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
            tensors += shard.tensors
            // Every shard repeats what holds for all.
            metadata += shard.metadata.filter { text in !metadata.contains { utf8Equal($0.key, text.key) } }
        }
        try self.init(path: path, container: "safetensors", tensors: tensors, metadata: metadata)
        for name in map.names where self[name] == nil {
            throw CheckpointError(
                .shard, file: path, tensor: name, "in no shard", expected: map.file(of: name))
        }
    }
}
