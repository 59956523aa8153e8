import Core
import Testing

@testable import Tables

/// Streams of pyarrow, held against what pyarrow reads.
struct ArrowTests {
    @Test(arguments: ["stream.arrow", "file.arrow", "replaced.arrow", "deltas.arrow", "nested.arrow", "views.arrow"])
    func valuesAreThoseOfPyarrow(_ name: String) throws {
        try ExpectedValues(name).check(.arrow("\(ExpectedValues.fixtures)/\(name)"), name)
    }

    @Test func savedFoldersAreOneTable() throws {
        let folder = ExpectedValues.fixtures + "/saved"
        let table = try Table.arrow(folder, split: "train")
        #expect(try table.values(column: 0, rows: 0..<10) == (0..<10).map { .integer($0) })
        #expect(try table.value(row: 8, column: 1) == .text("w8"))
        let one = #expect(throws: TableError.self) { try Table.arrow(folder) }
        #expect(one?.description.contains("train, test") == true)
        #expect(try Table.arrow(folder + "/train").rowCount == 10)
    }

    @Test func indicesSayWhichRowsCount() throws {
        let table = try Table.arrow(ExpectedValues.fixtures + "/saved", split: "test")
        #expect(try table.values(column: 0, rows: 0..<4) == [7, 1, 1, 9].map { .integer($0) })
    }

    /// What lies behind a column that is not read is found all the same.
    @Test func columnsThatAreNotReadArePassedOver() throws {
        let table = try Table.arrow(ExpectedValues.fixtures + "/passed-over.arrow")
        let names = ["list view", "runs", "sparse", "dense", "decimal"]
        try ExpectedValues("passed-over.arrow").check(table, "passed-over", others: names)
        for (name, type) in zip(names, ["list view", "run-end encoded", "union", "union", "decimal"]) {
            let error = #expect(throws: TableError.self) {
                try table.value(row: 0, column: table.column(name))
            }
            #expect(error?.kind == .unsupported && error?.description.contains(type) == true, "\(name)")
        }
    }

    @Test func aSplitIsNotTakenForAnother() throws {
        let folder = ExpectedValues.fixtures + "/saved"
        #expect(try Table.arrow(folder + "/train", split: "train").rowCount == 10)
        let error = #expect(throws: JSONShapeError.self) { try Table.arrow(folder + "/train", split: "test") }
        #expect(error?.description.contains("the split \"test\"") == true)
    }

    @Test func whatIsNotReadIsRefusedByName() throws {
        let parquet = #expect(throws: TableError.self) {
            try Table.arrow(ExpectedValues.fixtures + "/none-1.parquet")
        }
        #expect(parquet?.kind == .foreign)
    }

    @Test func aCutStreamIsRefused() throws {
        let bytes = try FileContents.read(ExpectedValues.fixtures + "/stream.arrow")
        for count in [0, 7, 8, 100, bytes.count - 8, bytes.count - 1] {
            #expect(throws: TableError.self, "\(count)") {
                try ArrowFile(TableFile(path: "x", bytes: Array(bytes[..<count])))
            }
        }
    }
}
