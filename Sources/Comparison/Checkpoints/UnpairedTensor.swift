/// A tensor that the other side's layout has no place for.
package struct UnpairedTensor: Sendable, Equatable {
    /// The side that has it.
    package enum Side: String, Sendable {
        /// The left one.
        case left = "A"
        /// The right one.
        case right = "B"
    }

    /// Its name.
    package let name: String
    /// The side that has it.
    package let side: Side
    /// What it is, in words.
    package let why: String
    /// Whether the two can be the same without it: it is computed from something else, is no weight of the model, or was
    /// left out by the caller's choice.
    package let isCovered: Bool
}
