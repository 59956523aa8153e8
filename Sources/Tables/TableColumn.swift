/// A column of a table: its name and what its values are.
package struct TableColumn: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// What its values are; any may be null.
    package let type: TableType
}
