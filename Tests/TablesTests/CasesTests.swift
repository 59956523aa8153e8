import Core
import Foundation
import Testing

@testable import Tables

/// Tables of somebody else, with what they hold: `SMPO_TABLES` names a folder with `expected.json`, which has for each
/// file "schema" and "values", a list of rows.
struct CasesTests {
    static let folder = ProcessInfo.processInfo.environment["SMPO_TABLES"]

    @Test(.enabled(if: folder != nil)) func valuesAreTheExpectedOnes() throws {
        let folder = try #require(Self.folder)
        let expected = JSONCursor(
            try JSONValue.parse(try FileContents.read(folder + "/expected.json"), file: "expected.json"),
            name: "expected")
        var count = 0
        for (name, entry) in try expected.members() {
            let path = "\(folder)/\(name)"
            let isFolder = FileContents.isFolder(path)
            let table = try isFolder ? Table.arrow(path, split: "train") : Table.parquet(path)
            // A list that is cut ends in a word.
            let rows = try entry["values"].elements().filter { if case .object? = $0.value { true } else { false } }
            // Of the folder the first rows are listed.
            #expect(isFolder ? table.rowCount >= rows.count : table.rowCount == rows.count)
            for (column, type) in try entry["schema"].members() {
                let number = try table.column(column)
                let type = try type.string().replacing("large_", with: "").replacing("element: ", with: "")
                    .replacing("item: ", with: "")
                #expect("\(table.columns[number].type)" == type)
                for (row, values) in rows.enumerated() {
                    var value = try table.value(row: row, column: number)
                    if case .timestamp(.microseconds) = table.columns[number].type, case .integer(let time) = value {
                        value = .text(Self.text(time))
                    }
                    #expect(try ExpectedValues.matches(value, values[column]), "\(name) \(column) \(row): \(value)")
                    count += 1
                }
            }
        }
        print("\(count) values compared")
        #expect(count > 0)
    }

    /// Microseconds since 1970 in the form 2023-03-01T00:00:00.123456.
    private static func text(_ time: Int64) -> String {
        var seconds = time_t(time / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, 32, "%Y-%m-%dT%H:%M:%S", &parts)
        let start = buffer.prefix { $0 != 0 }.map { Character(Unicode.Scalar(UInt8($0))) }
        return String(start) + "." + String(String(1_000_000 + time % 1_000_000).dropFirst())
    }
}
