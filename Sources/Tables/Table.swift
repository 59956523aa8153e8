import Core

/// A table that lies in files: columns by name, rows by number, none of it held.
///
/// Opening reads what describes the files; a value is read when it is asked for, with the page that holds it where the
/// format has pages. Threads may read at the same time.
package final class Table: Sendable {
    /// As it was asked for.
    package let path: String
    /// Its columns, in the order of the first file.
    package let columns: [TableColumn]
    /// Its rows.
    package let rowCount: Int
    /// All files that its values come from.
    package let files: [FileIdentity]
    private let parts: [any TablePart]
    /// The first row of each part.
    private let firstRows: [Int]
    /// For each part its number of each column.
    private let numbers: [[Int]]
    /// Which rows of the parts are taken, in order; nil: all.
    private let selection: Table?

    /// One after the other; all must have the same columns. With `selection`, its first column says which rows count.
    /// - Throws: `TableError`.
    init(path: String, parts: [any TablePart], selection: Table? = nil) throws {
        let place = TablePlace(file: path)
        guard let first = parts.first else { throw place.error(.layout, "no file of a table") }
        let columns = Self.columns(parts, first.columns)
        self.path = path
        self.columns = columns
        self.parts = parts
        self.selection = selection
        var firstRows: [Int] = []
        var rows = 0
        var numbers: [[Int]] = []
        for part in parts {
            numbers.append(try Self.match(columns, part, first.identities[0].path))
            firstRows.append(rows)
            rows += part.rowCount
            guard rows <= TableLimits.rows else { throw place.error(.limit, "rows", found: "\(rows)") }
        }
        self.firstRows = firstRows
        self.numbers = numbers
        partRows = rows
        rowCount = selection?.rowCount ?? rows
        files = parts.flatMap(\.identities) + (selection?.files ?? [])
        if let selection {
            guard let column = selection.columns.first, selection.columns.count == 1,
                case .integer = column.type
            else {
                throw TablePlace(file: selection.path).error(
                    .layout, "no list of rows", expected: "one column of integers")
            }
        }
    }

    private let partRows: Int

    /// Those of the first part; where it has nothing but nulls, the type is that of the first part that has more.
    private static func columns(_ parts: [any TablePart], _ columns: [TableColumn]) -> [TableColumn] {
        columns.map { column in
            guard column.type == .null else { return column }
            return parts.lazy.compactMap { part in
                part.columns.first { utf8Equal($0.name, column.name) && $0.type != .null }
            }.first ?? column
        }
    }

    private static func match(_ columns: [TableColumn], _ part: any TablePart, _ first: String) throws -> [Int] {
        let place = TablePlace(file: part.identities[0].path)
        let names = Dictionary(
            uniqueKeysWithValues: part.columns.indices.map { (Array(part.columns[$0].name.utf8), $0) })
        guard part.columns.count == columns.count else {
            throw place.error(
                .mismatch, "another number of columns than in \(first)", expected: "\(columns.count)",
                found: "\(part.columns.count)")
        }
        return try columns.map { column in
            guard let number = names[Array(column.name.utf8)] else {
                throw place.error(.mismatch, "no column \"\(column.name)\", which is in \(first)")
            }
            var place = place
            place.column = column.name
            guard part.columns[number].type == column.type || part.columns[number].type == .null else {
                throw place.error(
                    .mismatch, "another type than in \(first)", expected: "\(column.type)",
                    found: "\(part.columns[number].type)")
            }
            return number
        }
    }

    /// The number of a column. - Throws: `TableError`: `column`.
    package func column(_ name: String) throws -> Int {
        if let number = columns.firstIndex(where: { utf8Equal($0.name, name) }) { return number }
        let nearest = NearestName.among(columns.map(\.name), to: name)
        throw TablePlace(file: path).error(
            .column, "no column \"\(name)\"", expected: "one of \(columns.map(\.name).joined(separator: ", "))",
            hint: nearest.map { "did you mean \"\($0)\"?" })
    }

    /// Whether there is a column of that name.
    package func hasColumn(_ name: String) -> Bool { columns.contains { utf8Equal($0.name, name) } }

    /// One value. - Throws: `TableError`.
    package func value(row: Int, column: Int) throws -> TableValue {
        try values(column: column, rows: row..<row + 1)[0]
    }

    /// Values of a column in rows that follow each other; those of pictures had better be asked for one by one.
    /// - Throws: `TableError`.
    package func values(column: Int, rows: Range<Int>) throws -> [TableValue] {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows beyond the table")
        guard let selection else { return try stored(column, rows) }
        var values: [TableValue] = []
        for index in try selection.values(column: 0, rows: rows) {
            guard case .integer(let row) = index, (0..<Int64(partRows)).contains(row) else {
                throw TablePlace(file: selection.path).error(
                    .data, "a row that the table does not have", expected: "below \(partRows)", found: "\(index)")
            }
            values += try stored(column, Int(row)..<Int(row) + 1)
        }
        return values
    }

    private func stored(_ column: Int, _ rows: Range<Int>) throws -> [TableValue] {
        var values: [TableValue] = []
        var row = rows.lowerBound
        while row < rows.upperBound {
            let number = part(of: row)
            let part = parts[number]
            let end = min(rows.upperBound, firstRows[number] + part.rowCount)
            let found = try part.values(
                of: numbers[number][column], in: row - firstRows[number]..<end - firstRows[number])
            if end == rows.upperBound && values.isEmpty { return found }
            values += found
            row = end
        }
        return values
    }

    private func part(of row: Int) -> Int {
        var (low, high) = (0, firstRows.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if firstRows[middle] <= row { low = middle } else { high = middle }
        }
        return low
    }

    /// Where a value lies, for errors about what it says.
    package func place(row: Int, column: Int) -> TablePlace {
        guard selection == nil, row < partRows else {
            return TablePlace(file: path, column: columns[column].name)
        }
        let number = part(of: row)
        return parts[number].place(of: numbers[number][column], row: row - firstRows[number])
    }
}
