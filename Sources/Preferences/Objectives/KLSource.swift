/// Which errors an objective takes its term K from: what all items of a batch are held against, a constant for the
/// gradient.
package enum KLSource: Sendable, Equatable {
    /// There is none: the items are independent of each other.
    case none
    /// The errors of the batch itself.
    case batch
    /// The errors of the batch's noisy pictures, each with the caption of the item before it (the first with the last's).
    case mismatched
}
