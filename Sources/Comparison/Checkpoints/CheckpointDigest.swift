import Checkpoints
import Compute
import Core
import Synchronization

/// The identity of a checkpoint's weights, whatever files they are in.
package enum CheckpointDigest {
    /// The digest of each tensor (name, element type, shape, bytes), in byte order of the names.
    /// - Throws: what reading throws.
    package static func tensors(of checkpoint: Checkpoint, on pool: WorkerPool) throws -> [(
        name: String, digest: Digest
    )] {
        let digests = Mutex([Digest?](repeating: nil, count: checkpoint.tensors.count))
        try ChunkTasks.run(checkpoint.tensors.count, on: pool, scratchBytes: ChunkTasks.bytes) { index, scratch in
            let tensor = checkpoint.tensors[index]
            let (bytes, size) = (try tensor.bytes(), tensor.byteCount)
            let digest = try Digest.tensor(
                name: tensor.name, dtype: tensor.type.name, shape: tensor.shape, byteCount: size
            ) { append in
                var start = 0
                while start < size {
                    let end = min(size, start + ChunkTasks.bytes)
                    try bytes.read(start..<end, into: scratch)
                    append(UnsafeRawBufferPointer(start: scratch, count: end - start))
                    start = end
                }
            }
            digests.withLock { $0[index] = digest }
        }
        return digests.withLock { known in zip(checkpoint.tensors, known).map { ($0.name, $1!) } }
    }

    /// The identity of the weights of each part of a model in the common form, by the parts' names: of one state the same in
    /// whatever layout it is stored.
    /// - Throws: what reading throws.
    package static func components(
        of contents: ModelContents, on pool: WorkerPool
    ) throws -> [(name: String, digest: Digest)] {
        try contents.components.map { name in
            (name, try WeightsDigest.root(tensors(of: try contents.component(name), on: pool)))
        }
    }
}
