/// One file of a table.
protocol TablePart: Sendable {
    var columns: [TableColumn] { get }
    var rowCount: Int { get }
    /// The files it is read from.
    var identities: [FileIdentity] { get }

    /// The values of a column in rows that are there, one for each. - Throws: `TableError`.
    func values(of column: Int, in rows: Range<Int>) throws -> [TableValue]

    /// The place of a row's value, for errors.
    func place(of column: Int, row: Int) -> TablePlace
}
