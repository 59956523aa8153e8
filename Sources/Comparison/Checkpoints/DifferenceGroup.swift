import Core

/// The differences of several tensors, summed up.
package struct DifferenceGroup: Sendable, Equatable {
    /// The kind of a group of tensors.
    package enum Kind: Sendable {
        /// The module that holds them.
        case module
        /// The block and the kind of layer (`LayerName.layer`).
        case layer

        /// What the tensor of that name has in common with others.
        func group(of name: String) -> String { self == .module ? LayerName.module(name) : LayerName.layer(name) }
    }

    /// The module or the kind of layer that they have in common.
    package let name: String
    /// Tensors that are not identical.
    package let differing: [TensorDifference]
    /// How many tensors it has; nil where only those that differ are known.
    package let tensors: Int?
    /// The elements of those.
    package let count: Int
    /// ‖a − b‖ / ‖a‖ of the measured tensors together; `nil` where there are none, or where it is not known.
    package let relativeL2: Double?

    /// Elements that are not the same.
    package var unequal: Int { differing.reduce(0) { $0 + $1.unequal } }
    /// The share of elements that are not the same.
    package var share: Double { count == 0 ? 0 : Double(unequal) / Double(count) }
    /// How many tensors differ, of how many.
    package var counted: String { "\(differing.count)" + (tensors.map { "/\($0)" } ?? "") }
    /// The measures of those that were measured.
    package var measures: [TensorMeasures] { differing.compactMap(\.measures) }
    /// The largest distance in ULP; `nil` where none was measured.
    package var maxULP: UInt64? { measures.map(\.maxULP.amount).max() }
    /// The largest |a − b|; `nil` where none was measured.
    package var maxAbsolute: Double? { measures.map(\.maxAbsolute.amount).max() }

    private init(_ name: String, of tensors: [TensorDifference]) {
        self.name = name
        differing = tensors.filter { $0.verdict != .identical }
        (self.tensors, count) = (tensors.count, tensors.reduce(0) { $0 + $1.count })
        let measured = differing.compactMap(\.measures)
        relativeL2 =
            measured.isEmpty
            ? nil
            : TensorMeasures.relative(
                measured.reduce(0.0) { $0 + $1.sumSquares }, to: measured.reduce(0.0) { $0 + $1.leftSquares })
    }

    /// Groups of one kind, the worst first: what does not fit together before what differs in value, then by relative
    /// L2, by share, by name. Groups of identical tensors are last.
    static func grouped(_ tensors: [TensorDifference], by kind: Kind) -> [DifferenceGroup] {
        Dictionary(grouping: tensors) { kind.group(of: $0.name) }.map { DifferenceGroup($0, of: $1) }.sorted { a, b in
            if a.rank != b.rank { return a.rank > b.rank }
            let (x, y) = (TensorMeasures.rank(of: a.relativeL2 ?? 0), TensorMeasures.rank(of: b.relativeL2 ?? 0))
            if x != y { return x > y }
            return a.share != b.share ? a.share > b.share : utf8Less(a.name, b.name)
        }
    }

    private var rank: Int {
        differing.map { tensor in
            switch tensor.verdict {
            case .identical: 0
            case .renamed: 1
            case .equal: 2
            case .withinTolerance: 3
            case .different where tensor.measures != nil: 4
            case .different, .reshaped, .transposed, .onlyLeft, .onlyRight: 5
            }
        }.max() ?? 0
    }

    // MARK: As a document has it

    /// The layer as a whole; its tensors that differ stand by themselves.
    var json: JSONValue {
        [
            "layer": .string(name), "tensors": tensors.map { .integer($0) } ?? .null, "elements": .integer(count),
            "relative_l2": relativeL2.map(JSONValue.decimal) ?? .null,
        ]
    }

    /// Reads `json`; `differing` are its tensors that differ. - Throws: `JSONShapeError`.
    init(json cursor: JSONCursor, differing: [TensorDifference]) throws {
        (name, self.differing) = (try cursor["layer"].string(), differing)
        let (all, count) = (try cursor["tensors"].count(), try cursor["elements"].count())
        let known = differing.reduce(0) { $0 + $1.count }
        guard all >= differing.count, count >= known else {
            throw cursor.error(
                expected: "at least the \(differing.count) tensors that differ, of \(known) elements",
                found: "\(all) tensors of \(count) elements")
        }
        (tensors, self.count, relativeL2) = (all, count, try cursor["relative_l2"].present?.decimal())
    }

    /// A layer of which a document names only the tensors that differ.
    init(layer: String, differing: [TensorDifference]) {
        (name, self.differing, tensors, relativeL2) = (layer, differing, nil, nil)
        count = differing.reduce(0) { $0 + $1.count }
    }
}
