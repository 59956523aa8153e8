import Core
import Tables

/// Captions, labels and scores of selected rows, in little memory.
struct TableRows: Sendable {
    /// Both labels of each row.
    let labels: [Double]
    /// Both scores of each row; NaN where a row has none; empty where the table has none.
    private let scores: [Double]
    private let captions: [UInt8]
    private let ends: [Int]

    /// - Throws: `TableError`.
    init(_ table: Table, _ columns: PairColumns.Numbers, _ rows: [Int]) throws {
        // Read in the order of the table, kept in that of the rows.
        let order = rows.indices.sorted { rows[$0] < rows[$1] }
        let sorted = order.map { rows[$0] }
        func column(_ number: Int, _ body: (Int, TableValue) throws -> Void) throws {
            var next = 0
            try TableScan.forEach(of: number, in: sorted, table) { _, value in
                try body(order[next], value)
                next += 1
            }
        }
        var labels = [Double](repeating: 0, count: 2 * rows.count)
        for (side, number) in columns.labels.enumerated() {
            try column(number) { index, value in
                guard let label = value.double, label == 0 || label == 0.5 || label == 1 else {
                    throw TableError(
                        table, number, row: rows[index], "no label", expected: "0, 0.5 or 1",
                        found: value.double.map { "\($0)" } ?? value.kind,
                        hint: "data.has_label or data.labels leave such rows out")
                }
                labels[2 * index + side] = label
            }
        }
        for index in rows.indices where labels[2 * index] + labels[2 * index + 1] != 1 {
            throw TableError(
                table, columns.labels[0], row: rows[index], "labels that do not add up to 1", expected: "1",
                found: "\(labels[2 * index] + labels[2 * index + 1])")
        }
        var scores: [Double] = []
        if let numbers = columns.scores {
            scores = [Double](repeating: .nan, count: 2 * rows.count)
            for (side, number) in numbers.enumerated() {
                try column(number) { index, value in
                    var value = value
                    if case .list(let list) = value {
                        guard list.count == 1 else {
                            throw TableError(
                                table, number, row: rows[index], "several scores, or none", expected: "a list of 1",
                                found: value.kind)
                        }
                        value = list[0]
                    }
                    if value == .null { return }
                    guard let score = value.double, score.isFinite else {
                        throw TableError(
                            table, number, row: rows[index], "no score", expected: "a finite number", found: value.kind)
                    }
                    // −0 and 0 are one score.
                    scores[2 * index + side] = score == 0 ? 0 : score
                }
            }
            for index in rows.indices where scores[2 * index].isNaN != scores[2 * index + 1].isNaN {
                throw TableError(
                    table, numbers[0], row: rows[index], "only one of both scores", expected: "both, or none")
            }
        }
        var texts = [String](repeating: "", count: rows.count)
        try column(columns.caption) { index, value in
            guard case .text(let text) = value else {
                throw TableError(
                    table, columns.caption, row: rows[index], "no caption", expected: "string", found: value.kind)
            }
            texts[index] = text
        }
        var (bytes, ends): ([UInt8], [Int]) = ([], [])
        ends.reserveCapacity(rows.count)
        for text in texts {
            bytes.append(contentsOf: text.utf8)
            ends.append(bytes.count)
        }
        (self.labels, self.scores, captions, self.ends) = (labels, scores, bytes, ends)
    }

    func caption(_ index: Int) -> String {
        String(decoding: captions[(index == 0 ? 0 : ends[index - 1])..<ends[index]], as: UTF8.self)
    }

    func score(_ index: Int, _ side: PairSide) -> Double? {
        guard !scores.isEmpty else { return nil }
        let score = scores[2 * index + side.rawValue]
        return score.isNaN ? nil : score
    }
}
