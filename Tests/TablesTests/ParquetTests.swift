import Core
import Foundation
import Testing

@testable import Tables

/// Files of pyarrow, held against what pyarrow reads.
struct ParquetTests {
    @Test(
        arguments: ["none", "snappy", "gzip", "zstd", "lz4"].flatMap { ["\($0)-1.parquet", "\($0)-2.parquet"] })
    func everyCodecWithEveryEncoding(_ name: String) throws {
        try ExpectedValues(name).check(.parquet("\(ExpectedValues.fixtures)/\(name)"), name)
    }

    @Test(arguments: [
        "nested-1.parquet", "nested-2.parquet", "overflow.parquet", "checked.parquet", "checked-2.parquet",
        "no-rows.parquet", "empty-groups.parquet", "times.parquet", "int96.parquet", "indexed-1.parquet",
        "indexed-2.parquet", "walked.parquet",
    ])
    func valuesAreThoseOfPyarrow(_ name: String) throws {
        try ExpectedValues(name).check(.parquet("\(ExpectedValues.fixtures)/\(name)"), name)
    }

    @Test func typesHaveTheNamesOfArrow() throws {
        let table = try Table.parquet(ExpectedValues.fixtures + "/times.parquet")
        #expect(
            table.columns.map { "\($0.type)" } == [
                "timestamp[ms]", "timestamp[ms]", "timestamp[us]", "timestamp[ns]", "date", "time[ms]", "time[us]",
                "null", "halffloat", "int8", "uint8", "binary", "string", "string",
            ])
        let nested = try Table.parquet(ExpectedValues.fixtures + "/nested-1.parquet")
        #expect(
            nested.columns[4].type
                == .list(
                    .record([
                        .init(name: "a", type: .integer(bits: 32, signed: true)), .init(name: "b", type: .text),
                    ])))
    }

    @Test func shardsAreOneTable() throws {
        let folder = ExpectedValues.fixtures + "/shards"
        let table = try Table.parquet(folder, split: "train")
        #expect(table.rowCount == 120 && table.files.count == 3)
        let numbers = try table.values(column: table.column("number"), rows: 35..<85)
        #expect(numbers.first == .integer(35) && numbers[50 - 35] == .integer(50) && numbers[40 - 35] == .null)
        #expect(try Table.parquet(folder + "/data/train-*.parquet").rowCount == 120)
        #expect(try Table.parquet(folder + "/data/test-00000-of-00001.parquet").rowCount == 3)
        let several = #expect(throws: TableError.self) { try Table.parquet(folder) }
        #expect(several?.description.contains("\"test\", \"train\"") == true)
        let missing = #expect(throws: TableError.self) { try Table.parquet(folder + "/data/train-0000[02]*") }
        #expect(missing?.hint == "missing: 1")
        let none = #expect(throws: TableError.self) { try Table.parquet(folder, split: "valid") }
        #expect(none?.kind == .layout)
    }

    /// The Hub's own conversion has a folder for each split, and numbers for names.
    @Test func aFolderMayBeASplit() throws {
        let folder = NSTemporaryDirectory() + "smpo-splits-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (split, names) in [("train", ["a", "b"]), ("test", ["b"])] {
            try FileContents.makeFolder("\(folder)/\(split)")
            for (number, name) in names.enumerated() {
                try FileManager.default.copyItem(
                    atPath: "\(ExpectedValues.fixtures)/mixed/\(name).parquet",
                    toPath: "\(folder)/\(split)/000\(number).parquet")
            }
        }
        #expect(try Table.parquet(folder, split: "train").rowCount == 3)
        #expect(try Table.parquet(folder, split: "test").rowCount == 1)
        let none = #expect(throws: TableError.self) { try Table.parquet(folder, split: "valid") }
        #expect(none?.kind == .layout && none?.description.contains("valid") == true)
        #expect(throws: TableError.self) { try Table.parquet(folder) }
    }

    /// Columns are found by name; where a file has nothing but nulls the type is that of the others.
    @Test func filesOfOneTableMayDiffer() throws {
        let folder = ExpectedValues.fixtures
        let table = try Table.parquet(folder + "/mixed")
        try ExpectedValues("mixed").check(table, "mixed")
        #expect(table.columns.map { "\($0.type)" } == ["string", "int64"])
        let file = TableFile(path: "x", bytes: try FileContents.read(folder + "/mixed/b.parquet"))
        let other = TableFile(path: "y", bytes: try FileContents.read(folder + "/other-type.parquet"))
        let error = #expect(throws: TableError.self) {
            try Table(path: "z", parts: [file, other].map { try ParquetFile($0, ParquetCaches()) })
        }
        #expect(error?.place.file == "y" && error?.place.column == "number" && error?.found == "string")
    }

    /// Of levels that a column does not have, files of parquet-mr say that they are packed bits.
    @Test func theEncodingOfLevelsCountsWhereThereAreAny() throws {
        for (name, column) in [("required.parquet", 0), ("none-1.parquet", 0)] {
            var bytes = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
            let chunk = try ParquetFooter(TableFile(path: "x", bytes: bytes)).rowGroups[0].chunks[column]
            // Encoding PLAIN, then RLE for both kinds of levels.
            let header: [UInt8] = [0x15, 0x00, 0x15, 0x06, 0x15, 0x06]
            let place = try #require(chunk.range.first { bytes[$0...].starts(with: header) })
            (bytes[place + 3], bytes[place + 5]) = (0x08, 0x08)
            let file = try ParquetFile(TableFile(path: "x", bytes: bytes), ParquetCaches())
            if name == "required.parquet" {
                #expect(try file.values(of: 0, in: 0..<2) == [.integer(5), .integer(6)])
            } else {
                let error = #expect(throws: TableError.self) { try file.values(of: column, in: 0..<1) }
                #expect(error?.kind == .unsupported && error?.found == "BIT_PACKED")
            }
        }
    }

    /// Older writers call the inner group of a map `MAP_KEY_VALUE`, and some the outer one.
    @Test func mapsOfOlderWritersAreLists() throws {
        for (outer, inner) in [(1, 2), (2, 2), (1, nil), (2, nil)] as [(Int, Int?)] {
            let schema = try ParquetSchema(
                [
                    .init(name: "schema", children: 1),
                    .init(repetition: 1, name: "m", children: 1, converted: outer),
                    .init(repetition: 2, name: "map", children: 2, converted: inner),
                    .init(physical: 6, name: "key", converted: 0),
                    .init(physical: 1, repetition: 1, name: "value"),
                ], TablePlace(file: "x"))
            #expect("\(schema.fields[0].type)" == "list<struct<key: string, value: int32>>")
            #expect(schema.leaves.map(\.definition) == [2, 3] && schema.leaves.map(\.repetition) == [1, 1])
        }
    }

    @Test func whatIsNotReadIsRefusedByName() throws {
        let folder = ExpectedValues.fixtures
        let brotli = try Table.parquet(folder + "/brotli.parquet")
        let error = #expect(throws: TableError.self) { try brotli.value(row: 0, column: 0) }
        #expect(error?.kind == .unsupported && error?.description.contains("BROTLI") == true)
        let decimal = try Table.parquet(folder + "/decimal.parquet")
        #expect(try decimal.value(row: 0, column: 1) == .integer(1))
        let other = #expect(throws: TableError.self) { try decimal.value(row: 0, column: 0) }
        #expect(other?.description.contains("decimal") == true)
        var bytes = try FileContents.read(folder + "/no-rows.parquet")
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: Array("PARE".utf8))
        let encrypted = #expect(throws: TableError.self) {
            try ParquetFooter(TableFile(path: "x.parquet", bytes: bytes))
        }
        #expect(encrypted?.problem == "an encrypted Parquet file")
    }

    @Test func errorsNameThePlace() throws {
        let table = try Table.parquet(ExpectedValues.fixtures + "/checked.parquet")
        let error = #expect(throws: TableError.self) { try table.column("numbr") }
        #expect(error?.hint == "did you mean \"number\"?")
        var bytes = try FileContents.read(ExpectedValues.fixtures + "/checked.parquet")
        let page = try ParquetFooter(TableFile(path: "x", bytes: bytes)).rowGroups[1].chunks[2]
        bytes[page.range.upperBound - 1] ^= 1
        let damaged = try Table(
            path: "x", parts: [ParquetFile(TableFile(path: "x", bytes: bytes), ParquetCaches())])
        #expect(try damaged.value(row: 0, column: 2) == .integer(0))
        let found = #expect(throws: TableError.self) {
            try damaged.values(column: 2, rows: 70..<120)
        }
        #expect(found?.kind == .checksum && found?.place.rowGroup == 1 && found?.place.column == "number")
    }
}
