import Core
import Testing

@testable import Tables

/// Files of DuckDB, fastparquet and polars, and what they do otherwise than pyarrow.
struct OtherWritersTests {
    @Test(arguments: [
        "duckdb-1.parquet", "duckdb-2.parquet", "fastparquet-1.parquet", "fastparquet-2.parquet", "polars.parquet",
    ])
    func parquetHasTheValuesOfPyarrow(_ name: String) throws {
        try ExpectedValues(name).check(.parquet("\(ExpectedValues.fixtures)/\(name)"), name)
    }

    @Test(arguments: ["compressed.arrow", "feather.arrow", "polars-file.arrow", "polars-stream.arrow"])
    func compressedBuffersHaveTheValuesOfPyarrow(_ name: String) throws {
        try ExpectedValues(name).check(.arrow("\(ExpectedValues.fixtures)/\(name)"), name)
    }

    private func source(_ bytes: [UInt8], _ writer: ParquetWriter = ParquetWriter()) -> EncodedBytes {
        EncodedBytes(bytes, 0..<bytes.count, TablePlace(file: "x"), writer)
    }

    private func read(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
        var source = source(bytes)
        return try RunLengths.read(&source, width: 3, count: count, as: UInt8.self)
    }

    /// The example of Encodings.md: 1 to 7 in three bytes. Behind them a packed run may go on with padding, whose bytes are
    /// there; of the last eight alone the end may be missing.
    @Test func packedRunsMayGoBeyondThePage() throws {
        let eight: [UInt8] = [0b1000_1000, 0b1100_0110, 0b1111_1010]
        let numbers: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
        #expect(try read([0x03] + eight, count: 8) == numbers)
        #expect(try read([0x03] + eight, count: 5) == Array(numbers[..<5]))
        #expect(try read([0x03] + eight[..<2], count: 5) == Array(numbers[..<5]))
        #expect(try read([0x09] + eight + [UInt8](repeating: 0xFF, count: 9), count: 8) == numbers)
        let cut = #expect(throws: TableError.self) {
            try read([0x09] + eight + [UInt8](repeating: 0, count: 8), count: 8)
        }
        #expect(cut?.problem == "packed values that end too early")
        #expect(throws: TableError.self) { try read([0x03] + eight[..<1], count: 5) }
        // A run of 2^31 - 1 values at most, packed or not; and one value may not be repeated beyond the page.
        #expect(throws: TableError.self) { try read([0x81, 0x80, 0x80, 0x80, 0x02] + eight, count: 8) }
        #expect(throws: TableError.self) { try read([0x12, 0x07], count: 8) }
        #expect(try read([0x10, 0x07], count: 8) == [UInt8](repeating: 7, count: 8))
    }

    /// Zeros behind the values are fastparquet's; from anybody else, and of any other number or value, they are damage.
    @Test func paddingIsAllowedToWhomWritesIt() throws {
        let name = "fastparquet-1.parquet"
        let original = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
        let author = Array("fastparquet-python".utf8)
        let place = try #require(original.indices.last { original[$0...].starts(with: author) })
        var bytes = original
        bytes[place] = UInt8(ascii: "F")
        let file = try ParquetFile(TableFile(path: "x", bytes: bytes), ParquetCaches())
        let error = #expect(throws: TableError.self) { try file.values(of: 2, in: 0..<1) }
        #expect(error?.problem == "bytes behind the last value" && error?.found == "8")
        let writer = ParquetWriter(author[...])
        for (behind, isRead) in [
            ([], true), ([0], true), ([UInt8](repeating: 0, count: 9), true), ([UInt8](repeating: 0, count: 10), false),
            ([0, 1], false),
        ] as [([UInt8], Bool)] {
            let found = Result { try source(behind, writer).requireEnd() }
            #expect(((try? found.get()) != nil) == isRead, "\(behind)")
        }
    }

    /// DuckDB takes differences of numbers of 32 bits in 64: from it they are read, from anybody else they are damage.
    @Test func wideDifferencesAreReadOfWhomWritesThem() throws {
        let original = try FileContents.read("\(ExpectedValues.fixtures)/duckdb-2.parquet")
        let place = try #require(original.indices.last { original[$0...].starts(with: Array("DuckDB version".utf8)) })
        var bytes = original
        bytes[place] = UInt8(ascii: "d")
        let file = try ParquetFile(TableFile(path: "x", bytes: bytes), ParquetCaches())
        let column = try #require(file.columns.firstIndex { $0.name == "seed" })
        let error = #expect(throws: TableError.self) { try file.values(of: column, in: 0..<1) }
        #expect(error?.kind == .data)
        // A first value of 2^32 - 1, which is -1 in 32 bits.
        let header: [UInt8] = [0x80, 0x01, 0x04, 0x01, 0xFE, 0xFF, 0xFF, 0xFF, 0x1F]
        var wide = source(header, ParquetWriter(Array("DuckDB version v1".utf8)[...]))
        #expect(try DeltaNumbers.read(&wide, bits: 32, count: 1) == [-1])
        var narrow = source(header)
        #expect(throws: TableError.self) { try DeltaNumbers.read(&narrow, bits: 32, count: 1) }
    }

    /// fastparquet writes a truth value where the format has a number, which nobody else reads.
    @Test func whatFastparquetInferredIsRefusedByName() throws {
        let error = #expect(throws: TableError.self) {
            try Table.parquet(ExpectedValues.fixtures + "/fastparquet-inferred.parquet")
        }
        #expect(error?.kind == .unsupported && error?.hint?.contains("has_nulls") == true)
    }

    /// Of the random access format the footer counts, not what lies between the messages.
    @Test func aFileIsReadByItsFooter() throws {
        let original = try FileContents.read(ExpectedValues.fixtures + "/file.arrow")
        let truth = try TableMutationTests.values(ArrowFile(TableFile(path: "x", bytes: original))).values
        // The mark of the end of the stream inside, and what stands for the schema there.
        var bytes = original
        let footer =
            original.count - 10 - (0..<4).reduce(0) { $0 | Int(original[original.count - 10 + $1]) << (8 * $1) }
        bytes.replaceSubrange(footer - 8..<footer, with: [UInt8](repeating: 7, count: 8))
        bytes.replaceSubrange(8..<64, with: [UInt8](repeating: 7, count: 56))
        let values = try TableMutationTests.values(ArrowFile(TableFile(path: "x", bytes: bytes))).values
        #expect(values == truth && !values.isEmpty)
        let cut = #expect(throws: TableError.self) {
            try ArrowFile(TableFile(path: "x", bytes: Array(original.dropLast())))
        }
        #expect(cut?.kind == .truncated)
        let feather = #expect(throws: TableError.self) {
            try ArrowFile(TableFile(path: "x", bytes: Array("FEA1".utf8) + original))
        }
        #expect(feather?.kind == .unsupported && feather?.problem == "Feather of version 1")
    }

    /// A buffer of a compressed batch is made once, however many rows are asked for.
    @Test func aCompressedBufferIsReadOnce() throws {
        let name = ExpectedValues.fixtures + "/polars-file.arrow"
        let file = try ArrowFile(TableFile(path: "x", bytes: FileContents.read(name)))
        let column = try #require(file.columns.firstIndex { $0.name == "picture" })
        let before = file.file.counted.total
        for row in 0..<file.rowCount { _ = try file.values(of: column, in: row..<row + 1) }
        let first = file.file.counted.total
        #expect(first - before < file.file.size)
        for row in 0..<file.rowCount { _ = try file.values(of: column, in: row..<row + 1) }
        #expect(file.file.counted.total - first <= 0)
    }
}
