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
        /// Whether the policy lets this pass.
        public let passes: Bool
    }

    /// What the comparison comes to.
    public enum Verdict: String, Sendable {
        /// Every bit of every tensor and all metadata are equal.
        case identical
        /// The policy lets every difference pass, or leaves out what is not equal.
        case same = "same under the policy"
        /// All that was compared passes, but there are files that can hold weights and were not compared.
        case incomplete
        /// Something does not pass.
        case different

        /// Whether this is a pass.
        public var passes: Bool { self == .identical || self == .same }
    }

    /// The left checkpoint, A.
    public let left: Side
    /// The right checkpoint, B.
    public let right: Side
    /// Every tensor that was compared, in byte order of the names.
    public let tensors: [TensorDifference]
    /// Metadata that differ; empty where they were not compared.
    public let metadata: [Text]
    /// Names of tensors that the policy leaves out.
    public let leftOut: Int
    /// The files of compared folders that were not read.
    public let files: [FileDifference]
    /// What the program was told to let pass.
    public let policy: DifferencePolicy
    /// What was not compared, and what all differences have in common.
    public let notes: [String]

    /// What it comes to.
    public var verdict: Verdict {
        guard metadata.allSatisfy(\.passes), tensors.allSatisfy(\.passes), !tensors.isEmpty else { return .different }
        if !notCompared.isEmpty { return .incomplete }
        let isWhole = !files.contains { $0.outcome == .ignored }
        return isWhole && metadata.isEmpty && tensors.allSatisfy { $0.verdict == .identical } ? .identical : .same
    }
    /// Whether every bit of every tensor and all metadata are equal.
    public var isIdentical: Bool { verdict == .identical }
    /// Whether the policy lets every difference pass, and nothing is left that it does not cover.
    public var passes: Bool { verdict.passes }
    /// The files that can hold weights and were not compared.
    public var notCompared: [FileDifference] { files.filter { $0.outcome == .notCompared } }
    /// The tensors that are not identical.
    public var differing: [TensorDifference] { tensors.filter { $0.verdict != .identical } }
    /// The tensors in groups, the worst first, groups of identical tensors last.
    public func groups(by kind: DifferenceGroup.Kind) -> [DifferenceGroup] {
        DifferenceGroup.grouped(tensors, by: kind)
    }
}
