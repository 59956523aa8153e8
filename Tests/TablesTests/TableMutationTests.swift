import Core
import Foundation
import SeededRandom
import Testing

@testable import Tables

/// Damaged files either give the values that were there, or a typed error; never anything else.
///
/// `SMPO_FUZZ=200000 swift test -c release --filter TableMutationTests` tries so many files.
struct TableMutationTests {
    static let count = ProcessInfo.processInfo.environment["SMPO_FUZZ"].flatMap { Int($0) } ?? 100

    struct Damage {
        var random: SplitMix

        /// One to three bits turned, bytes replaced, ranges swapped, lost or doubled; or the end cut.
        mutating func damaged(_ bytes: [UInt8], in range: Range<Int>) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: range, using: &random)
                guard place < bytes.count else { break }
                let length = min(Int.random(in: 1...16, using: &random), bytes.count - place)
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 4..<6: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 6:
                    let extremes: [UInt64] = [0, .max, 0x7FFF_FFFF, 0x8000_0000, 1 << 62, 0xFFFF_FFFF_0000_0000]
                    let value = extremes.randomElement(using: &random) ?? 0
                    for index in 0..<min(8, length) {
                        bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                    }
                case 7:
                    let other = Int.random(in: range, using: &random)
                    for index in 0..<length where other + index < bytes.count {
                        bytes.swapAt(place + index, other + index)
                    }
                case 8: bytes.removeSubrange(place..<place + length)
                default: bytes.removeLast(bytes.count - place)
                }
            }
            return bytes
        }
    }

    /// All values of a part, by name and row; a column that is refused has none, and says why.
    static func values(
        _ part: any TablePart
    ) throws -> (values: [String: [TableValue]], refusals: [TableError.Kind]) {
        var result: [String: [TableValue]] = [:]
        var refusals: [TableError.Kind] = []
        for (number, column) in part.columns.enumerated() {
            do {
                result[column.name] = try part.values(of: number, in: 0..<min(part.rowCount, 500))
            } catch let error as TableError { refusals.append(error.kind) }
        }
        return (result, refusals)
    }

    /// Opens damaged files. `isChecked`: whatever opens has the right values in the columns that are read.
    func run(
        _ name: String, _ range: (Int) -> Range<Int> = { 0..<$0 }, seed: UInt64, isChecked: Bool = false,
        open: (TableFile) throws -> any TablePart
    ) throws {
        let original = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
        let truth = try Self.values(open(TableFile(path: "x", bytes: original))).values
        var damage = Damage(random: SplitMix(state: seed))
        var outcomes: [String: Int] = [:]
        let clock = ContinuousClock()
        var slowest = Duration.zero
        for round in 0..<Self.count {
            let bytes = damage.damaged(original, in: range(original.count))
            let begin = clock.now
            do {
                let (found, refusals) = try Self.values(open(TableFile(path: "x", bytes: bytes)))
                outcomes["opened", default: 0] += 1
                for refusal in refusals { outcomes["column: \(refusal)", default: 0] += 1 }
                if isChecked {
                    for (column, values) in found where truth[column] != values {
                        Issue.record("round \(round): wrong values of \(column)")
                    }
                }
            } catch let error as TableError {
                outcomes[error.kind.rawValue, default: 0] += 1
            } catch { Issue.record("round \(round): \(error)") }
            slowest = max(slowest, clock.now - begin)
        }
        if Self.count > 1_000 { print("\(name): \(outcomes), slowest \(slowest)") }
        #expect(slowest < .seconds(30))
        #expect(outcomes.count >= 3, "\(outcomes)")
    }

    private static func parquet(_ file: TableFile) throws -> any TablePart { try ParquetFile(file, ParquetCaches()) }

    @Test(arguments: ["snappy-1.parquet", "zstd-2.parquet", "gzip-1.parquet", "lz4-2.parquet", "none-1.parquet"])
    func everyEncoding(_ name: String) throws { try run(name, seed: 1, open: Self.parquet) }

    @Test(arguments: ["nested-1.parquet", "nested-2.parquet", "overflow.parquet", "times.parquet"])
    func listsAndDictionaries(_ name: String) throws { try run(name, seed: 2, open: Self.parquet) }

    @Test(arguments: ["overflow.parquet", "snappy-1.parquet"])
    func footers(_ name: String) throws {
        try run(name, { $0 * 2 / 3..<$0 }, seed: 3, open: Self.parquet)
    }

    /// A checksum covers all bytes of a page; what describes the pages is held against the footer.
    @Test(arguments: ["checked.parquet", "checked-2.parquet"])
    func withChecksumsNoWrongValueIsPassed(_ name: String) throws {
        let bytes = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
        let footer = try ParquetFooter(TableFile(path: "x", bytes: bytes))
        let end = footer.rowGroups.flatMap { $0.chunks.map(\.range.upperBound) }.max() ?? 0
        try run(name, { _ in 4..<end }, seed: 4, isChecked: true, open: Self.parquet)
    }

    /// A place in the index that is not the page's is noticed by the page.
    @Test(arguments: ["indexed-1.parquet", "indexed-2.parquet"])
    func offsetIndexes(_ name: String) throws {
        let bytes = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
        let footer = try ParquetFooter(TableFile(path: "x", bytes: bytes))
        let places = footer.rowGroups.flatMap { $0.chunks.compactMap(\.offsetIndex) }
        let (first, last) = (places.map(\.lowerBound).min() ?? 0, places.map(\.upperBound).max() ?? 0)
        try run(name, { _ in first..<last }, seed: 6, isChecked: true, open: Self.parquet)
    }

    @Test(arguments: [
        "duckdb-1.parquet", "duckdb-2.parquet", "fastparquet-1.parquet", "fastparquet-2.parquet", "polars.parquet",
    ])
    func otherWriters(_ name: String) throws { try run(name, seed: 7, open: Self.parquet) }

    @Test(arguments: [
        "stream.arrow", "nested.arrow", "deltas.arrow", "file.arrow", "views.arrow", "passed-over.arrow",
        "feather.arrow",
        "polars-file.arrow", "polars-stream.arrow",
    ])
    func streams(_ name: String) throws { try run(name, seed: 5) { try ArrowFile($0) } }

    /// Every number of the first messages in turn is the greatest or the least that it can be.
    @Test(arguments: [
        "stream.arrow", "nested.arrow", "deltas.arrow", "views.arrow", "passed-over.arrow", "polars-stream.arrow",
    ])
    func extremesAreRefusedOrRead(_ name: String) throws {
        let original = try FileContents.read("\(ExpectedValues.fixtures)/\(name)")
        var count = 0
        for width in [2, 4, 8] {
            for place in stride(from: 8, to: min(original.count, 1_600) - width, by: 2) {
                for (last, rest) in [(UInt8(0x7F), UInt8(0xFF)), (0x80, 0)] {
                    var bytes = original
                    for index in 0..<width { bytes[place + index] = index == width - 1 ? last : rest }
                    do {
                        _ = try Self.values(ArrowFile(TableFile(path: "x", bytes: bytes)))
                    } catch is TableError { count += 1 }
                }
            }
        }
        #expect(count > 100)
    }
}
