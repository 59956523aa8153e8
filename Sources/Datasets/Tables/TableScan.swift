import Tables

/// Reads small values of many rows in blocks, so that no more than a block is held beside what is wanted.
enum TableScan {
    private static let block = 4096

    /// The values of a column in rows of increasing number. - Throws: `TableError`.
    static func values(of column: Int, in rows: [Int], _ table: Table) throws -> [TableValue] {
        var values: [TableValue] = []
        values.reserveCapacity(rows.count)
        try forEach(of: column, in: rows, table) { _, value in values.append(value) }
        return values
    }

    /// Hands on each row and its value; rows in increasing order. - Throws: `TableError`, or what `body` throws.
    static func forEach(
        of column: Int, in rows: [Int], _ table: Table, _ body: (Int, TableValue) throws -> Void
    ) throws {
        var next = 0
        while next < rows.count {
            let first = rows[next]
            var end = next
            while end < rows.count, rows[end] < first + block { end += 1 }
            let values = try table.values(column: column, rows: first..<rows[end - 1] + 1)
            for row in rows[next..<end] { try body(row, values[row - first]) }
            next = end
        }
    }
}
