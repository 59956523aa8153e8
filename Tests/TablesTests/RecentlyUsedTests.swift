import Testing

@testable import Tables

struct RecentlyUsedTests {
    @Test func whatWasUsedLeastRecentlyGoesFirst() {
        let kept = RecentlyUsed<Int, Int>(bytes: 10)
        var made = 0
        func value(_ key: Int, _ bytes: Int) -> Int {
            kept.value(key, bytes: { _ in bytes }) {
                made += 1
                return key
            }
        }
        for key in [1, 2, 1, 3] { #expect(value(key, 4) == key) }
        #expect(made == 3)
        _ = value(1, 4)
        #expect(made == 3)
        _ = value(2, 4)
        #expect(made == 4)
        // A large one stays beside the small ones, until the next large one comes.
        _ = value(9, 100)
        _ = value(1, 4)
        _ = value(9, 100)
        #expect(made == 5)
        _ = value(8, 6)
        _ = value(9, 100)
        #expect(made == 7)
        // Two of its size are never held at a time where the size is known before.
        _ = kept.value(7, expected: 50, bytes: { _ in 50 }) {
            made += 1
            #expect(value(9, 100) == 9)
            return 7
        }
        #expect(made == 9)
    }

    /// Of two series each keeps its large value; a third one takes the place of that used less recently.
    @Test func twoSeriesKeepALargeValueEach() {
        let kept = RecentlyUsed<Int, Int>(bytes: 10) { $0 / 10 }
        var made: [Int] = []
        func value(_ key: Int) {
            _ = kept.value(key, expected: 100, bytes: { _ in 100 }) {
                made.append(key)
                return key
            }
        }
        for key in [11, 21, 11, 21, 12, 21, 12] { value(key) }
        #expect(made == [11, 21, 12])
        for key in [31, 12, 31, 21] { value(key) }
        #expect(made == [11, 21, 12, 31, 21])
    }

    /// A page that is a few places in a dictionary keeps the whole dictionary alive: a kept page counts for both.
    @Test func aPageCountsWithItsDictionary() throws {
        let table = TableFile(path: "x", bytes: Array(try fileBytes("overflow.parquet")))
        let file = try ParquetFile(table, ParquetCaches())
        let chunk = ChunkReader(file: table, footer: file.footer, caches: ParquetCaches(), group: 0, leafNumber: 0)
        let page = try chunk.page(0, of: chunk.list())
        guard case .places(let places, let dictionary) = page.values else {
            Issue.record("no dictionary")
            return
        }
        #expect(dictionary.memory > 100 && page.memory > dictionary.memory + 4 * places.count)
    }
}

private func fileBytes(_ name: String) throws -> [UInt8] {
    try TableFile(path: "\(ExpectedValues.fixtures)/\(name)").whole()
}

extension TableFile {
    fileprivate func whole() throws -> [UInt8] { try bytes(0..<size, place) }
}
