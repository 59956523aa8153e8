import Checkpoints

/// One tensor of two checkpoints, and how they differ in it.
public struct TensorDifference: Sendable, Equatable {
    /// What a checkpoint says about it.
    public struct Side: Sendable, Equatable {
        /// Element type as the file spells it.
        public let type: String
        /// Extent of each axis.
        public let shape: [Int]
        /// Number of elements.
        public let count: Int
        /// Bytes of all elements.
        public let byteCount: Int

        init(_ tensor: CheckpointTensor) {
            type = tensor.type.name
            shape = tensor.shape
            count = tensor.count
            byteCount = tensor.byteCount
        }
    }

    /// Its name, on the left side where it has two.
    public let name: String
    /// The left checkpoint's; `nil` where it has none.
    public let left: Side?
    /// The right checkpoint's; `nil` where it has none.
    public let right: Side?
    /// How they relate.
    public let verdict: TensorVerdict
    /// How the numbers differ; `nil` where they are identical, cannot be compared, or were not asked for.
    public let measures: TensorMeasures?
    /// Whether the policy lets this pass.
    public let passes: Bool
    /// What else is known: "the content of `x`", "rounded to F16".
    public let notes: [String]

    /// Elements of the larger side.
    public var count: Int { max(left?.count ?? 0, right?.count ?? 0) }
    /// Elements that are not the same: all where a side is missing or the shapes differ.
    public var unequal: Int {
        switch verdict {
        case .identical, .renamed: 0
        default: measures?.unequalElements ?? count
        }
    }
}
