/// The relation of a tensor of one checkpoint to one of the other.
package enum TensorVerdict: Sendable, Equatable {
    /// Element type, shape and every bit are equal.
    case identical
    /// Equal numbers in other bits: −0 and +0, other NaN, another element type.
    case equal
    /// Different, within what the policy allows.
    case withinTolerance
    /// Other numbers, or numbers that cannot be compared.
    case different
    /// The same bytes under another shape.
    case reshaped
    /// The same elements, moved: axis i of the right side is axis `axes[i]` of the left one.
    case transposed(axes: [Int])
    /// Only the left checkpoint has it.
    case onlyLeft
    /// Only the right checkpoint has it.
    case onlyRight
    /// The right checkpoint has it under another name: type, shape and every bit are equal.
    case renamed(to: String)

    /// One word for tables and JSON.
    package var word: String {
        switch self {
        case .identical: "identical"
        case .equal: "equal"
        case .withinTolerance: "within tolerance"
        case .different: "different"
        case .reshaped: "reshaped"
        case .transposed: "transposed"
        case .onlyLeft: "only in A"
        case .onlyRight: "only in B"
        case .renamed: "renamed"
        }
    }
}
