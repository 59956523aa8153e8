/// The extent of what a recording keeps beside the step records. Records and chain heads are the same at every level:
/// what is not kept is committed to all the same, and a replay finds that something differs; what is kept says where.
package enum RecordLevel: String, CaseIterable, Sendable, Comparable {
    /// The step records alone, and the digests of those tensors whose values are kept (latents).
    case steps
    /// And the digest of every tensor of a step: latents, predictions, gradients, weights.
    case tensors
    /// And the digests of every operator's inputs and outputs, forward and backward.
    case operators

    /// From the least to the most.
    package static func < (left: RecordLevel, right: RecordLevel) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}
