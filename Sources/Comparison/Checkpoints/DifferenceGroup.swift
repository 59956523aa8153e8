import Core

/// What the differences of several tensors come to.
package struct DifferenceGroup: Sendable, Equatable {
    /// What the tensors of a group have in common.
    package enum Kind: Sendable {
        /// The module that holds them.
        case module
        /// The block and the kind of layer (`LayerName.layer`).
        case layer
    }

    /// What they have in common: a module, or a kind of layer.
    package let name: String
    /// The tensors.
    package let tensors: [TensorDifference]

    /// A group.
    package init(name: String, tensors: [TensorDifference]) {
        (self.name, self.tensors) = (name, tensors)
    }

    /// Tensors that are not identical.
    package var differing: [TensorDifference] { tensors.filter { $0.verdict != .identical } }
    /// Elements of all its tensors.
    package var count: Int { tensors.reduce(0) { $0 + $1.count } }
    /// Elements that are not the same.
    package var unequal: Int { tensors.reduce(0) { $0 + $1.unequal } }
    /// The share of elements that are not the same.
    package var share: Double { count == 0 ? 0 : Double(unequal) / Double(count) }
    /// The largest distance in ULP; `nil` where none was measured.
    package var maxULP: UInt64? { tensors.compactMap { $0.measures?.maxULP.amount }.max() }
    /// The largest |a − b|; `nil` where none was measured.
    package var maxAbsolute: Double? { tensors.compactMap { $0.measures?.maxAbsolute.amount }.max() }
    /// ‖a − b‖ / ‖a‖ of the measured tensors together; `nil` where there are none.
    package var relativeL2: Double? {
        let measured = tensors.compactMap(\.measures)
        guard !measured.isEmpty else { return nil }
        let difference = measured.reduce(0.0) { $0 + $1.sumSquares }
        let size = measured.reduce(0.0) { $0 + $1.leftSquares }
        return difference == 0 ? 0 : size == 0 ? .infinity : (difference / size).squareRoot()
    }

    /// Groups of one kind, the worst first: what does not fit together before what differs in value, then by relative
    /// L2, by share, by name. Groups of identical tensors are last.
    static func grouped(_ tensors: [TensorDifference], by kind: Kind) -> [DifferenceGroup] {
        var places: [String: Int] = [:]
        var groups: [(name: String, tensors: [TensorDifference])] = []
        for tensor in tensors {
            let name = kind == .module ? LayerName.module(tensor.name) : LayerName.layer(tensor.name)
            if let place = places[name] {
                groups[place].tensors.append(tensor)
            } else {
                places[name] = groups.count
                groups.append((name, [tensor]))
            }
        }
        return groups.map { DifferenceGroup(name: $0.name, tensors: $0.tensors) }.sorted { a, b in
            if a.rank != b.rank { return a.rank > b.rank }
            let (x, y) = (a.relativeL2 ?? 0, b.relativeL2 ?? 0)
            if x != y { return x > y }
            return a.share != b.share ? a.share > b.share : utf8Less(a.name, b.name)
        }
    }

    private var rank: Int {
        tensors.map { tensor in
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
}
