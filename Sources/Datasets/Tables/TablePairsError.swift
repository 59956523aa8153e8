import Core

/// A row of a table that cannot be used.
package struct TablePairsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The row, from 0.
    package let row: Int
    /// Place, what was found, what was expected, what to do.
    package let what: String

    /// As it is.
    package var description: String { what }
}

/// A table that is refused because of at least one row.
package struct TablePairsError: ErrorInLines, Sendable, Equatable, CustomStringConvertible {
    /// The table's path.
    package let path: String
    /// What is wrong, in the order of the rows; empty when no row is left.
    package let problems: [TablePairsProblem]
    /// Rows that were looked at.
    package let rows: Int
    /// What a person can do about it.
    package let hint: String

    /// The number of problems, then the first ten of them, then the hint.
    package var description: String {
        let name = VisibleText.of(path)
        guard !problems.isEmpty else { return "\(name): no pairs in \(rows) rows (\(hint))" }
        var text = "\(name): \(problems.count) \(problems.count == 1 ? "problem" : "problems") in \(rows) rows"
        for problem in problems.prefix(10) { text += "\n  \(VisibleText.of("\(problem)"))" }
        if problems.count > 10 { text += "\n  and \(problems.count - 10) more" }
        return text + "\n  \(hint)"
    }
}
