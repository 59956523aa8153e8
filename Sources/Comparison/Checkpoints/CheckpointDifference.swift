import Checkpoints
import Core

/// The difference of two checkpoints, which every report presents.
package struct CheckpointDifference: Sendable {
    /// One of the two.
    package struct Side: Sendable, Equatable {
        /// Its path, as the caller named it.
        package let path: String
        /// Its container: "safetensors", "GGUF".
        package let container: String
        /// Number of tensors.
        package let tensors: Int
        /// Their elements.
        package let elements: Int
        /// Their bytes.
        package let bytes: Int

        init(_ checkpoint: Checkpoint) {
            path = checkpoint.path
            container = checkpoint.container
            tensors = checkpoint.tensors.count
            elements = checkpoint.elementCount
            bytes = checkpoint.byteCount
        }
    }

    /// A text that is not the same on both sides.
    package struct Text: Sendable, Equatable {
        /// Its key.
        package let key: String
        /// Its value on the left; `nil` where there is none.
        package let left: String?
        /// Its value on the right; `nil` where there is none.
        package let right: String?
        /// Whether the policy lets this pass.
        package let passes: Bool
    }

    /// The verdict of a comparison.
    package enum Verdict: String, Sendable {
        /// Every bit of every tensor and all metadata are equal.
        case identical
        /// Every bit of every weight is equal; names, joined tensors or shapes are those of two layouts.
        case relaid = "the same weights in another layout"
        /// Every bit of every weight is equal; one side has buffers, averages or a training's state besides.
        case sameWeights = "the same weights"
        /// The policy lets every difference pass, or leaves out what is not equal.
        case same = "same under the policy"
        /// All that was compared passes, but there are files that can hold weights, or averaged weights, that were not
        /// compared.
        case incomplete
        /// Something does not pass.
        case different

        /// Whether this is a pass.
        package var passes: Bool { [.identical, .relaid, .sameWeights, .same].contains(self) }
    }

    /// The left checkpoint, A.
    package let left: Side
    /// The right checkpoint, B.
    package let right: Side
    /// Every tensor that was compared, in byte order of the names; of a difference that was read from a document those
    /// that are not identical.
    package let tensors: [TensorDifference]
    /// How many were compared.
    package let compared: Int
    /// All that were compared, by layer, the worst first; of a document as it lists them, or, where it lists none, those
    /// that differ, by name.
    package let layers: [DifferenceGroup]
    /// Metadata that differ; empty where they were not compared.
    package let metadata: [Text]
    /// How many tensors the policy leaves out.
    package let leftOut: Int
    /// The files of compared folders that were not read.
    package let files: [FileDifference]
    /// How the names were read, where they are of two layouts.
    package let layouts: LayoutComparison?
    /// The policy that it was judged by.
    package let policy: DifferencePolicy
    /// Notes on the parts that were not compared, and on what all differences have in common.
    package let notes: [String]

    /// What a comparison found.
    init(
        _ left: Side, _ right: Side, tensors: [TensorDifference], metadata: [Text], leftOut: Int,
        files: [FileDifference], layouts: LayoutComparison? = nil, policy: DifferencePolicy, notes: [String]
    ) {
        (self.left, self.right, self.tensors, self.metadata, self.leftOut) = (left, right, tensors, metadata, leftOut)
        (self.files, self.layouts, self.policy, self.notes) = (files, layouts, policy, notes)
        (compared, layers) = (tensors.count, DifferenceGroup.grouped(tensors, by: .layer))
    }

    /// The verdict.
    package var verdict: Verdict {
        guard metadata.allSatisfy(\.passes), tensors.allSatisfy(\.passes), compared > 0 else { return .different }
        if !notCompared.isEmpty || !(layouts?.uncovered.isEmpty ?? true) { return .incomplete }
        let isWhole = !files.contains { $0.outcome == .ignored }
        guard isWhole && metadata.isEmpty && differing.isEmpty else { return .same }
        return layouts.map { $0.isOne ? .sameWeights : .relaid } ?? .identical
    }
    /// Whether the policy lets every difference pass, and nothing is left that it does not cover.
    package var passes: Bool { verdict.passes }
    /// The files that can hold weights and were not compared.
    package var notCompared: [FileDifference] { files.filter { $0.outcome == .notCompared } }
    /// The tensors that are not identical.
    package var differing: [TensorDifference] { tensors.filter { $0.verdict != .identical } }
    /// The measured tensors, the worst first.
    var worstFirst: [(tensor: TensorDifference, measures: TensorMeasures)] {
        differing.compactMap { tensor in tensor.measures.map { (tensor, $0) } }.sorted {
            let (x, y) = (TensorMeasures.rank(of: $0.1.relativeL2), TensorMeasures.rank(of: $1.1.relativeL2))
            return x != y ? x > y : utf8Less($0.0.name, $1.0.name)
        }
    }
    /// The tensors in groups, the worst first, groups of identical tensors last; layers as
    /// `layers` has them.
    package func groups(by kind: DifferenceGroup.Kind) -> [DifferenceGroup] {
        kind == .layer ? layers : DifferenceGroup.grouped(tensors, by: kind)
    }
}
