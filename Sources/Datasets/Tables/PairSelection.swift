import Core
import Tables

/// Which rows of a table become pairs: the rules of the public scripts, in the order in which these apply them.
package struct PairSelection: Sendable, Equatable {
    /// What the human labels must say.
    package enum Labels: String, Sendable, CaseIterable {
        /// Anything, ties too.
        case any
        /// `label_0` is 0 or 1: as the scripts of Diffusion-DPO, SmPO and DDIM-InPO.
        case decided
        /// `label_0` and `label_1` differ: as MaPO's.
        case different
    }

    /// What the human labels must say.
    package var labels = Labels.any
    /// Only rows whose `are_different` is true.
    package var areDifferent = false
    /// Only rows whose `has_label` is true.
    package var hasLabel = false
    /// At most so many rows a caption, the first ones.
    package var pairsPerPrompt: Int?
    /// As PickScore's script: the good picture of a row becomes the best one that it leads to, from better to better, and
    /// rows with pictures that lead in a circle are left out.
    package var onlyOnBest = false
    /// Only rows whose `model_0` and `model_1` both have "dream" in their name.
    package var dreamlikeOnly = false
    /// At most so many rows, drawn by `shuffleSeed`.
    package var maxPairs: Int?
    /// The seed of the shuffling, as numpy's `default_rng` takes it.
    package var shuffleSeed: UInt64 = 0

    /// All rows.
    package init() {}

    /// A row that is a pair, and where its pictures are taken from: elsewhere only with `onlyOnBest`.
    struct Pair: Sendable, Equatable {
        let row: Int
        var image0: Picture
        var image1: Picture

        init(row: Int) {
            self.row = row
            image0 = Picture(row: row, side: .image0)
            image1 = Picture(row: row, side: .image1)
        }
    }

    /// A picture of a row.
    struct Picture: Sendable, Hashable {
        let row: Int
        let side: PairSide
    }

    /// The rows of `table` that are taken, in order. - Throws: `TableError`.
    func pairs(of table: Table, _ columns: PairColumns) throws -> [Pair] {
        var rows = Array(0..<table.rowCount)
        if areDifferent { rows = try filter(rows, table, "are_different") { $0.isTrue } }
        if hasLabel { rows = try filter(rows, table, "has_label") { $0.isTrue } }
        if let pairsPerPrompt {
            var seen: [TextKey: Int] = [:]
            rows = try filter(rows, table, columns.caption) { caption in
                guard case .text(let text) = caption else { return false }
                seen[TextKey(text), default: 0] += 1
                return seen[TextKey(text), default: 0] <= pairsPerPrompt
            }
        }
        var pairs = rows.map { Pair(row: $0) }
        if onlyOnBest { pairs = try BestPictures(table, columns, rows).pairs }
        switch labels {
        case .any: break
        case .decided:
            pairs = try kept(
                pairs, try filter(pairs.map(\.row), table, columns.label0) { $0.double == 0 || $0.double == 1 })
        case .different:
            let rows = pairs.map(\.row)
            let (first, second) = (try values(rows, table, columns.label0), try values(rows, table, columns.label1))
            pairs = zip(pairs, zip(first, second)).filter { $1.0.double != $1.1.double }.map(\.0)
        }
        if dreamlikeOnly {
            for name in ["model_0", "model_1"] {
                pairs = try kept(
                    pairs,
                    try filter(pairs.map(\.row), table, name) {
                        if case .text(let model) = $0 { model.contains("dream") } else { false }
                    })
            }
        }
        if let maxPairs {
            let order = NumpyGenerator.permutation(seed: shuffleSeed, count: pairs.count)
            pairs = order.prefix(maxPairs).map { pairs[$0] }
        }
        return pairs
    }

    private func kept(_ pairs: [Pair], _ rows: [Int]) throws -> [Pair] {
        let rows = Set(rows)
        return pairs.filter { rows.contains($0.row) }
    }

    private func values(_ rows: [Int], _ table: Table, _ name: String) throws -> [TableValue] {
        try TableScan.values(of: try table.column(name), in: rows, table)
    }

    private func filter(
        _ rows: [Int], _ table: Table, _ name: String, _ isKept: (TableValue) -> Bool
    ) throws -> [Int] {
        zip(rows, try values(rows, table, name)).filter { isKept($1) }.map(\.0)
    }
}

/// A caption as a key: by its bytes, since two spellings that Swift calls equal are two captions.
struct TextKey: Hashable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
}

extension TableValue {
    /// Whether it is true.
    var isTrue: Bool { self == .boolean(true) || double == 1 }

    /// The number that it is; nil for anything else.
    var double: Double? {
        switch self {
        case .number(let number): number
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .boolean(let flag): flag ? 1 : 0
        default: nil
        }
    }
}
