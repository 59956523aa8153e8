/// A table that cannot be used, and where and why.
package struct TableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for code that has to tell the cases apart.
    package enum Kind: String, Sendable, CaseIterable {
        /// The system refused to open or read a file.
        case unreadable
        /// A file is not the one any more that was opened.
        case changed
        /// A folder or its files are not what a table is kept in.
        case layout
        /// No table at all.
        case foreign
        /// The file ends before what it promises.
        case truncated
        /// The description of the table, or of one of its parts, breaks the format.
        case metadata
        /// Numbers that have to agree do not.
        case mismatch
        /// A page or a buffer breaks the format.
        case data
        /// The checksum of a page is not that of its bytes.
        case checksum
        /// Text that is not UTF-8.
        case text
        /// Sound, and not supported: refused by name.
        case unsupported
        /// There is no such column, or it has another type.
        case column
        /// A number that is beyond what is read.
        case limit
    }

    /// What is wrong.
    package let kind: Kind
    /// Where.
    package let place: TablePlace
    /// What is wrong, in words.
    package let problem: String
    /// What should be there.
    package let expected: String?
    /// What is there.
    package let found: String?
    /// What to do about it.
    package let hint: String?

    /// One line: file, column, row group, page, offset, problem, expected, found, hint.
    package var description: String {
        var text = "\(place): \(problem)"
        if let expected { text += ", expected \(expected)" }
        if let found { text += ", found \(found)" }
        if let hint { text += " (\(hint))" }
        return text
    }
}

extension TableError {
    /// What is wrong with a column of a table, or with one of its values.
    package init(
        _ table: Table, _ column: Int, row: Int? = nil, _ problem: String, expected: String? = nil,
        found: String? = nil, hint: String? = nil
    ) {
        var place = table.place(row: row ?? 0, column: column)
        if row == nil { place.rowGroup = nil }
        self.init(
            kind: .column, place: place, problem: row.map { "row \($0): \(problem)" } ?? problem, expected: expected,
            found: found, hint: hint)
    }
}
