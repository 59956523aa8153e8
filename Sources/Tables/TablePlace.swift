import Core

/// A place in the files of a table, for errors.
package struct TablePlace: Equatable, Sendable, CustomStringConvertible {
    /// Path of the file or folder.
    package var file: String
    /// Name of the column, where there is one; of a field inside it with dots.
    package var column: String?
    /// Row group of a Parquet file, or record batch of an Arrow stream, from 0.
    package var rowGroup: Int?
    /// Page inside the column of the row group, from 0; -1 is the dictionary.
    package var page: Int?
    /// Byte offset in the file.
    package var offset: Int?

    init(file: String, column: String? = nil, rowGroup: Int? = nil, page: Int? = nil, offset: Int? = nil) {
        self.file = file
        self.column = column
        self.rowGroup = rowGroup
        self.page = page
        self.offset = offset
    }

    /// The error that something is wrong here.
    func error(
        _ kind: TableError.Kind, _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil
    ) -> TableError {
        TableError(kind: kind, place: self, problem: problem, expected: expected, found: found, hint: hint)
    }

    /// The same place, at another byte.
    func at(_ offset: Int) -> TablePlace {
        var place = self
        place.offset = offset
        return place
    }

    /// File, column, row group, page, offset: what is known of them.
    package var description: String {
        var text = file
        if let column { text += ": column \"\(VisibleText.of(column))\"" }
        if let rowGroup { text += ": row group \(rowGroup)" }
        if let page { text += page < 0 ? ": dictionary" : ": page \(page)" }
        if let offset { text += ": at byte \(offset)" }
        return text
    }
}
