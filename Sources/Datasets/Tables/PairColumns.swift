import Core
import Tables

/// The names of the columns that pairs are read from; those of Pick-a-Pic v2 unless said otherwise.
package struct PairColumns: Sendable, Equatable {
    /// Text.
    package var caption = "caption"
    /// The bytes of a picture's file, or a struct of `datasets` that has them.
    package var image0 = "jpg_0"
    /// The other picture.
    package var image1 = "jpg_1"
    /// Human preference for the first picture: 0, 0.5 or 1.
    package var label0 = "label_0"
    /// That for the other.
    package var label1 = "label_1"
    /// A number, or a list of one: what a reward model says of the first picture. Read where it is there.
    package var score0 = "ps_score_0"
    /// That of the other.
    package var score1 = "ps_score_1"

    /// The names of Pick-a-Pic v2, as SmPO's script leaves it.
    package init() {}

    /// All names, in a fixed order.
    var names: [String] { [caption, image0, image1, label0, label1, score0, score1] }
}

extension PairColumns {
    /// The numbers of the columns in `table`, of types that can be read. - Throws: `TableError`.
    func found(in table: Table) throws -> Numbers {
        func number(_ name: String, _ expected: String, _ fits: (TableType) -> Bool) throws -> Int {
            let column = try table.column(name)
            let type = table.columns[column].type
            guard fits(type) else {
                throw TableError(
                    table, column, "a column of another type", expected: expected, found: "\(type)",
                    hint: "name another column in the recipe, or cast it before writing")
            }
            return column
        }
        func isPicture(_ type: TableType) -> Bool {
            if case .record(let fields) = type { return fields.contains { $0.name == "bytes" && $0.type == .bytes } }
            return type == .bytes
        }
        func isNumber(_ type: TableType) -> Bool {
            switch type {
            case .number, .integer, .boolean: true
            default: false
            }
        }
        func isScore(_ type: TableType) -> Bool {
            if case .list(let element) = type { return isNumber(element) }
            return isNumber(type)
        }
        let scores = table.hasColumn(score0) || table.hasColumn(score1)
        return Numbers(
            caption: try number(caption, "string") { $0 == .text },
            images: try [image0, image1].map { try number($0, "binary, or a struct with the field bytes", isPicture) },
            labels: try [label0, label1].map { try number($0, "a number", isNumber) },
            scores: scores ? try [score0, score1].map { try number($0, "a number, or a list of one", isScore) } : nil)
    }

    /// Places of the columns in a table.
    struct Numbers: Sendable {
        let caption: Int
        let images: [Int]
        let labels: [Int]
        let scores: [Int]?
    }
}
