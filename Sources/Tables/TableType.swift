/// What the values of a column are.
package indirect enum TableType: Sendable, Hashable, CustomStringConvertible {
    /// Nothing but nulls.
    case null
    case boolean
    /// A whole number of so many bits.
    case integer(bits: Int, signed: Bool)
    /// A number of 16, 32 or 64 bits, as a `Double`.
    case number(bits: Int)
    /// UTF-8, however long its offsets are.
    case text
    /// Bytes, also those of a fixed number.
    case bytes
    /// A whole number of these units since 1970-01-01 00:00.
    case timestamp(Unit)
    /// A whole number of days since 1970-01-01.
    case date
    /// A whole number of these units: since midnight, or a duration.
    case time(Unit)
    case list(TableType)
    case record([Field])
    /// A type that is not read: its name.
    case unsupported(String)

    /// Units of time.
    package enum Unit: String, Sendable {
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
        case nanoseconds = "ns"
    }

    /// One field of a record.
    package struct Field: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Its type.
        package let type: TableType
    }

    /// The name of a type inside that is not read.
    var unsupported: String? {
        switch self {
        case .unsupported(let name): name
        case .list(let element): element.unsupported
        case .record(let fields): fields.lazy.compactMap(\.type.unsupported).first
        default: nil
        }
    }

    /// As Arrow names it: "int64", "timestamp[ns]", "list<string>", "struct<bytes: binary, path: string>".
    package var description: String {
        switch self {
        case .null: "null"
        case .boolean: "bool"
        case .integer(let bits, let signed): "\(signed ? "" : "u")int\(bits)"
        case .number(let bits): bits == 64 ? "double" : bits == 32 ? "float" : "halffloat"
        case .text: "string"
        case .bytes: "binary"
        case .timestamp(let unit): "timestamp[\(unit.rawValue)]"
        case .date: "date"
        case .time(let unit): "time[\(unit.rawValue)]"
        case .list(let element): "list<\(element)>"
        case .record(let fields): "struct<\(fields.map { "\($0.name): \($0.type)" }.joined(separator: ", "))>"
        case .unsupported(let name): name
        }
    }
}
