/// One value of a table.
package enum TableValue: Sendable, Equatable {
    /// Nothing.
    case null
    case boolean(Bool)
    /// A whole number, a date or a time.
    case integer(Int64)
    /// A whole number above that of `Int64`.
    case unsigned(UInt64)
    /// A number of any precision: those of 16 and 32 bits keep their value.
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case list([TableValue])
    case record([Field])

    /// A named value of a record.
    package struct Field: Sendable, Equatable {
        /// Its name.
        package let name: String
        /// Its value.
        package let value: TableValue
    }

    /// The field of a record; nil where there is none.
    package subscript(name: String) -> TableValue? {
        guard case .record(let fields) = self else { return nil }
        return fields.first { $0.name == name }?.value
    }

    /// What it is, for errors: never its content.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .unsigned: "an integer"
        case .number: "a number"
        case .text: "a string"
        case .bytes: "bytes"
        case .list(let values): "a list of \(values.count)"
        case .record: "a struct"
        }
    }
}
