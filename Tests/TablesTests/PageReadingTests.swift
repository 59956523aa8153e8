import Core
import Testing

@testable import Tables

/// How much of a file is read for a value.
struct PageReadingTests {
    private func open(_ name: String, _ caches: ParquetCaches = ParquetCaches()) throws -> ParquetFile {
        try ParquetFile(
            TableFile(path: "x", bytes: try FileContents.read("\(ExpectedValues.fixtures)/\(name)")), caches)
    }

    /// Bytes that `body` reads.
    private func count(_ file: ParquetFile, _ body: () throws -> Void) rethrows -> Int {
        let before = file.file.counted.total
        try body()
        return file.file.counted.total - before
    }

    @Test(arguments: ["indexed-1.parquet", "indexed-2.parquet"])
    func withAnIndexOnlyItAndThePageAreRead(_ name: String) throws {
        let file = try open(name)
        for (column, row) in [(0, 57), (0, 149), (2, 101), (3, 33)] {
            let group = file.footer.rowGroups[row / 100]
            var (expected, first) = (0, group.firstRow)
            for leaf in file.footer.schema.fields[column].leaves {
                let place = try #require(group.chunks[leaf].offsetIndex)
                let locations = try OffsetIndex(
                    file.file.bytes(place, file.file.place), start: place.lowerBound, chunk: group.chunks[leaf].range,
                    rowCount: group.rowCount, file.file.place
                ).locations
                let page = try #require(locations.last { $0.firstRow <= row - group.firstRow })
                first = max(first, group.firstRow + page.firstRow)
                expected += place.count + page.range.count
                #expect(locations.count > 5 || column == 2 || leaf == 4)
            }
            let read = try count(file) { _ = try file.values(of: column, in: row..<row + 1) }
            #expect(read == expected, "column \(column), row \(row)")
            // The page is kept, and so are the rows beside it.
            #expect(try count(file) { _ = try file.values(of: column, in: first..<row + 1) } == 0)
        }
    }

    /// The dictionary of the captions is read once, whatever page needs it.
    @Test func aDictionaryIsReadOnce() throws {
        let file = try open("indexed-1.parquet")
        let chunk = file.footer.rowGroups[0].chunks[1]
        let place = try #require(chunk.offsetIndex)
        let read = try count(file) { _ = try file.values(of: 1, in: 0..<100) }
        // The header of the dictionary is looked for in up to 256 bytes.
        #expect(read <= place.count + chunk.range.count + 256 && read >= place.count)
    }

    /// Without an index the headers of all pages are read, and of the pages no more than the one.
    @Test func withoutAnIndexTheHeadersAreReadToo() throws {
        let file = try open("walked.parquet")
        let chunk = file.footer.rowGroups[0].chunks[0]
        let reader = ChunkReader(
            file: file.file, footer: file.footer, caches: ParquetCaches(), group: 0, leafNumber: 0)
        let pages = try reader.list().pages
        let read = try count(file) { _ = try file.values(of: 0, in: 57..<58) }
        let largest = pages.map(\.range.count).max() ?? 0
        #expect(read <= 256 * pages.count + largest && read < chunk.range.count + 256 * pages.count)
    }

    /// In pages of lists only the levels tell where rows begin: all are decoded to find one, and none a second time.
    @Test func noPageIsReadTwice() throws {
        let file = try open("walked.parquet")
        let leaf = file.footer.schema.fields[2].leaves.lowerBound
        let (chunk, place) = (file.footer.rowGroups[0].chunks[leaf], 40)
        let reader = ChunkReader(
            file: file.file, footer: file.footer, caches: ParquetCaches(), group: 0, leafNumber: leaf)
        let headers = try reader.list().pages.reduce(0) { $0 + min(256, chunk.range.upperBound - $1.range.lowerBound) }
        let read = try count(file) { _ = try file.values(of: 2, in: place..<place + 1) }
        #expect(read <= chunk.range.count + headers)
        #expect(try count(file) { _ = try file.values(of: 2, in: 0..<100) } == 0)
    }

    /// The pages of a struct are read in turn: the small ones of paths do not push out that of the pictures.
    @Test func aLargePageIsKeptBesideSmallOnes() throws {
        let file = try open("indexed-1.parquet", ParquetCaches(pages: 1400))
        let leaves = file.footer.schema.fields[3].leaves
        let chunks = leaves.map { file.footer.rowGroups[0].chunks[$0] }
        let read = try count(file) {
            for row in 0..<100 { _ = try file.values(of: 3, in: row..<row + 1) }
        }
        #expect(read == chunks.reduce(0) { $0 + $1.range.count + ($1.offsetIndex?.count ?? 0) })
    }

    /// Pairs are read row by row: the large pages of two columns of pictures do not push out each other.
    @Test func largePagesOfTwoColumnsAreKept() throws {
        let file = try open("indexed-1.parquet", ParquetCaches(pages: 1400))
        let leaves = [0, 3].flatMap { Array(file.footer.schema.fields[$0].leaves) }
        let chunks = leaves.map { file.footer.rowGroups[0].chunks[$0] }
        let read = try count(file) {
            for row in 0..<100 { for column in [0, 3] { _ = try file.values(of: column, in: row..<row + 1) } }
        }
        #expect(read == chunks.reduce(0) { $0 + $1.range.count + ($1.offsetIndex?.count ?? 0) })
    }

    /// A picture in a stream of Arrow: its two offsets and its bytes.
    @Test func ofAStreamOnlyTheValueIsRead() throws {
        let path = "\(ExpectedValues.fixtures)/stream.arrow"
        let file = try ArrowFile(TableFile(path: "x", bytes: FileContents.read(path)))
        let column = try #require(file.columns.firstIndex { $0.name == "bytes" })
        let before = file.file.counted.total
        guard case .bytes(let bytes) = try file.values(of: column, in: 3..<4)[0] else {
            Issue.record("no bytes")
            return
        }
        #expect(file.file.counted.total - before <= 1 + 8 + bytes.count)
    }
}
