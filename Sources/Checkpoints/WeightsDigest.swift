import Compute
import Core
import Dispatch

extension Tensor {
    /// The typed digest of this tensor under a name: name, element type, shape and bytes (`Digest.tensor`).
    package func digest(named name: String, by reader: (any DeviceReader)? = nil) -> Digest {
        Digest.tensor(name: name, dtype: dtype.rawValue, shape: shape, byteCount: byteCount) { append in
            eachPiece(by: reader) { append($0) }
        }
    }
}

/// The digest of each tensor, in the order given. They are hashed in parallel, by the workers of `engine` where one is
/// given; the result does not depend on it.
/// - Parameter reader: reads what a device has.
package func tensorDigests(
    of tensors: [(name: String, tensor: Tensor)], on engine: Engine? = nil, by reader: (any DeviceReader)? = nil
) -> [(name: String, digest: Digest)] {
    guard !tensors.isEmpty else { return [] }
    let zero = Digest.sha256([])
    var digests = [Digest](repeating: zero, count: tensors.count)
    digests.withUnsafeMutableBufferPointer { buffer in
        // Every index is written by exactly one iteration.
        nonisolated(unsafe) let slots = buffer
        @Sendable func digest(_ index: Int) {
            slots[index] = tensors[index].tensor.digest(named: tensors[index].name, by: reader)
        }
        if let engine {
            // Large ones first: of the last of them all workers should not have to wait for one.
            let order = tensors.indices.sorted { tensors[$0].tensor.byteCount > tensors[$1].tensor.byteCount }
            engine.pool.run(tasks: tensors.count) { place, _ in digest(order[place]) }
        } else {
            DispatchQueue.concurrentPerform(iterations: tensors.count, execute: digest)
        }
    }
    return zip(tensors, digests).map { ($0.name, $1) }
}

/// The identity of a model's weights: the Merkle root over the tensors' digests in name order, whatever the order or
/// the files they come in.
/// - Throws: `DuplicateTensorName`.
package func weightsDigest(of tensors: [(name: String, tensor: Tensor)], on engine: Engine? = nil) throws -> Digest {
    try WeightsDigest.root(tensorDigests(of: tensors, on: engine))
}

extension Checkpoint {
    /// The identity of all tensors; one file and its shards have the same.
    /// - Throws: `CheckpointError`.
    package func weightsDigest() throws -> Digest {
        try Checkpoints.weightsDigest(of: try names.map { ($0, try tensor(named: $0)) })
    }
}
