import Checkpoints
import Core

/// One tensor of two checkpoints, and how they differ in it.
package struct TensorDifference: Sendable, Equatable {
    /// The tensor as one checkpoint has it.
    package struct Side: Sendable, Equatable {
        /// Element type as the file spells it.
        package let type: String
        /// Extent of each axis.
        package let shape: [Int]
        /// Number of elements.
        package let count: Int

        init(_ tensor: CheckpointTensor) {
            type = tensor.type.name
            shape = tensor.shape
            count = tensor.count
        }

        /// Reads what `json` has. - Throws: `JSONShapeError`.
        init(json cursor: JSONCursor) throws {
            type = try cursor["dtype"].string()
            let shape = try cursor["shape"].elements().map { try $0.count() }
            self.shape = shape
            count = try shape.reduce(1) { elements, extent in
                let (product, overflows) = elements.multipliedReportingOverflow(by: extent)
                guard !overflows, product <= 1 << 40 else {
                    throw try cursor["shape"].error(expected: "at most 2^40 elements", found: "\(shape)")
                }
                return product
            }
        }

        /// Type and shape.
        package var description: String { "\(type) \(shape)" }
    }

    /// The same tensor as the right side's layout has it.
    package struct Counterpart: Sendable, Equatable {
        /// The right side's name; of a part of a joined tensor with its rows.
        package let name: String
        /// Where the worst elements are in the right side's stored tensor, row-major; those of the measures are places in
        /// the left one's. `nil` where nothing was measured.
        package let ulpIndex: Int?, absoluteIndex: Int?
    }

    /// Its name, on the left side where it has two.
    package let name: String
    /// The left checkpoint's; `nil` where it has none.
    package let left: Side?
    /// The right checkpoint's; `nil` where it has none.
    package let right: Side?
    /// Its name and places in the right side's layout; `nil` where both have one layout.
    package let counterpart: Counterpart?
    /// The relation of the two.
    package let verdict: TensorVerdict
    /// The distances of the numbers; `nil` where they are identical, cannot be compared, or were not asked for.
    package let measures: TensorMeasures?
    /// Whether the policy lets this pass.
    package let passes: Bool
    /// Notes: "the content of `x`", "rounded to F16".
    package let notes: [String]

    /// Elements of the larger side.
    package var count: Int { max(left?.count ?? 0, right?.count ?? 0) }
    /// Elements that are not the same: all where a side is missing or the shapes differ.
    package var unequal: Int {
        switch verdict {
        case .identical, .renamed: 0
        default: measures?.unequalElements ?? count
        }
    }
    /// Whether only its name is another.
    package var isRenamed: Bool { if case .renamed = verdict { true } else { false } }
    /// Its name, and behind it the right side's where that is another.
    package var names: String { counterpart.map { "\(name) | \($0.name)" } ?? name }
    /// Type and shape of both sides, once where they are the same.
    package var types: String {
        let (a, b) = (left?.description ?? "nothing", right?.description ?? "nothing")
        return a == b ? a : "\(a) | \(b)"
    }
}
