import Checkpoints

/// Two tensors of one shape that are held against each other.
struct TensorPair: Sendable {
    let left: CheckpointTensor
    let right: CheckpointTensor

    /// The comparison of their numbers; `nil` where there is none.
    var pairing: NumberPairing? { NumberPairing(left.type, right.type) }

    /// Whether both have bytes of one meaning, so that equal bytes are equal tensors.
    var isOfOneType: Bool { left.type == right.type }

    /// Bytes of both. - Throws: what making or reading them throws.
    func open() throws -> OpenPair { OpenPair(left: try left.bytes(), right: try right.bytes()) }

    /// Whether the bytes are in files and need not be made.
    var isInFiles: Bool {
        if case .file = left.source, case .file = right.source { true } else { false }
    }
}

/// The bytes of two tensors.
struct OpenPair: Sendable {
    let left: TensorBytes
    let right: TensorBytes
}
