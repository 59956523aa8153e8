import Checkpoints
import Digests

/// How two checkpoints differ: what every report is made of.
public struct CheckpointDifference: Sendable {
    /// One of the two.
    public struct Side: Sendable, Equatable {
        /// Where it is, as the caller named it.
        public let path: String
        /// What holds it: "safetensors", "GGUF".
        public let container: String
        /// Number of tensors.
        public let tensors: Int
        /// Their elements.
        public let elements: Int
        /// Their bytes.
        public let bytes: Int

        init(_ checkpoint: Checkpoint) {
            path = checkpoint.path
            container = checkpoint.container
            tensors = checkpoint.tensors.count
            elements = checkpoint.elementCount
            bytes = checkpoint.byteCount
        }
    }

    /// A text that is not the same on both sides.
    public struct Text: Sendable, Equatable {
        /// Its key.
        public let key: String
        /// Its value on the left; `nil` where there is none.
        public let left: String?
        /// Its value on the right; `nil` where there is none.
        public let right: String?
    }

    /// The left checkpoint, A.
    public let left: Side
    /// The right checkpoint, B.
    public let right: Side
    /// Every tensor that was compared, in byte order of the names.
    public let tensors: [TensorDifference]
    /// Metadata that differ; empty where they were not compared.
    public let metadata: [Text]
    /// What the program was told to let pass.
    public let policy: DifferencePolicy
    /// What was not compared, and what all differences have in common.
    public let notes: [String]

    /// Whether every bit of every tensor and all metadata are equal.
    public var isIdentical: Bool { metadata.isEmpty && tensors.allSatisfy { $0.verdict == .identical } }
    /// Whether the policy lets every difference pass.
    public var passes: Bool { (policy.ignoresMetadata || metadata.isEmpty) && tensors.allSatisfy(\.passes) }
    /// The tensors that are not identical.
    public var differing: [TensorDifference] { tensors.filter { $0.verdict != .identical } }
    /// The tensors in groups, the worst first, groups of identical tensors last.
    public func groups(by kind: DifferenceGroup.Kind) -> [DifferenceGroup] {
        DifferenceGroup.grouped(tensors, by: kind)
    }
}
