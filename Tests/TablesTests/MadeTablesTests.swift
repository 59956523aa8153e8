import Core
import Foundation
import Testing

@testable import Tables

/// Tables that `Tests/Tables/tables.py` made into the folder `SMPO_MADE_TABLES`, held against what pyarrow reads.
struct MadeTablesTests {
    static let folder = ProcessInfo.processInfo.environment["SMPO_MADE_TABLES"]

    private func open(_ path: String, _ entry: JSONCursor) throws -> Table {
        try entry["kind"].string() == "parquet"
            ? Table.parquet(path) : Table.arrow(path, split: entry["split"].present?.string())
    }

    @Test(.enabled(if: folder != nil)) func valuesAreThoseOfPyarrow() throws {
        let folder = try #require(Self.folder)
        let expected = JSONCursor(try JSONValue.read("\(folder)/expected.json"), name: "expected")
        var (tables, refusals) = (0, 0)
        for (name, entry) in try expected.members() {
            let path = "\(folder)/\(name)"
            do {
                let table = try open(path, entry)
                let refused = try entry["refused"].present?.members() ?? []
                for (column, what) in refused where table.rowCount > 0 {
                    let number = try table.column(column)
                    let found = #expect(throws: TableError.self) { try table.value(row: 0, column: number) }
                    #expect(try found?.description.contains(what.string()) == true, "\(name)")
                    refusals += 1
                }
                let values = try ExpectedValues(entry)
                try values.check(table, name, others: refused.map(\.key))
                try checkSingle(values, path, entry, name)
                tables += 1
            } catch let error as TableError { Issue.record("\(name): \(error)") }
        }
        print("\(tables) tables equal, \(refusals) refusals")
        #expect(tables > 0)
    }

    /// A value that is read alone is the same one: nothing was kept from reading others.
    private func checkSingle(_ values: ExpectedValues, _ path: String, _ entry: JSONCursor, _ name: String) throws {
        for (column, elements) in values.columns where values.rows > 0 {
            let row = values.rows * 2 / 3
            let table = try open(path, entry)
            let found = try table.value(row: row, column: table.column(column))
            #expect(try ExpectedValues.matches(found, elements.elements()[row]), "\(name) \(column) \(row): \(found)")
        }
    }
}
