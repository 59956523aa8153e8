import Core
import Foundation
import Testing

@testable import Tables

/// What another reader says that tables hold.
struct ExpectedValues {
    let rows: Int
    let columns: [(key: String, value: JSONCursor)]

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().path + "/Fixtures"

    static let all = Result {
        JSONCursor(
            try JSONValue.parse(try FileContents.read(fixtures + "/expected.json"), file: "expected.json"),
            name: "expected")
    }

    /// Of the file of that name among the fixtures.
    init(_ name: String) throws {
        var entry = try Self.all.get()[name]
        if case .string(let other)? = entry.value { entry = try Self.all.get()[other] }
        try self.init(entry)
    }

    /// Of an entry of `expected.json`.
    init(_ entry: JSONCursor) throws {
        rows = try entry["rows"].int()
        columns = try entry["values"].members()
    }

    /// Whether a value is the expected one.
    static func matches(_ value: TableValue, _ expected: JSONCursor) throws -> Bool {
        switch value {
        case .null: return expected.value == .null
        case .boolean(let flag): return try expected.bool() == flag
        case .integer(let number): return try expected.int64() == number
        case .unsigned(let number): return try expected.uint64() == number
        case .number(let number):
            if number.isNaN { return try expected.string() == "nan" }
            return try number.isFinite ? expected.double() == number : expected.string() == "\(number)"
        case .text(let text): return utf8Equal(try expected.string(), text)
        case .bytes(let bytes):
            if let hash = try expected["sha256"].present {
                return try hash.digest() == Digest.sha256(bytes) && expected["bytes"].int() == bytes.count
            }
            let digits = bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }
            return try expected["hex"].string() == digits.joined()
        case .list(let values):
            let others = try expected.elements()
            return try values.count == others.count && zip(values, others).allSatisfy { try matches($0, $1) }
        case .record(let fields):
            return try expected.object().keys.count == fields.count
                && fields.allSatisfy { try matches($0.value, expected[$0.name]) }
        }
    }

    /// Holds every value of `table` against these, row by row and in one piece; it may have further columns, `others`.
    func check(_ table: Table, _ name: String, others: [String] = []) throws {
        #expect(table.rowCount == rows, "\(name)")
        #expect(table.columns.map(\.name).sorted() == (columns.map(\.key) + others).sorted(), "\(name)")
        for (key, expected) in columns {
            let column = try table.column(key)
            let values = try table.values(column: column, rows: 0..<table.rowCount)
            let elements = try expected.elements()
            #expect(values.count == elements.count)
            for (row, element) in elements.enumerated() {
                #expect(try Self.matches(values[row], element), "\(name) \(key) \(row): \(values[row])")
            }
            for row in [rows - 1, 0, rows / 2] where row >= 0 && rows > 0 {
                // Of two that are no numbers neither is equal to the other.
                #expect("\(try table.value(row: row, column: column))" == "\(values[row])", "\(name) \(key) \(row)")
            }
        }
    }
}
