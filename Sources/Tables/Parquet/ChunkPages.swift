/// Where the pages of a leaf in a row group lie.
struct ChunkPages: Sendable {
    struct Page: Sendable {
        /// Its bytes in the file, with its header.
        let range: Range<Int>
        /// nil where the offset index has told of the page: then the header is read with it.
        let header: ParquetPageHeader?
        /// The first row that begins in it, and how many do; inside the row group.
        let firstRow: Int
        let rowCount: Int
    }

    let dictionary: (offset: Int, header: ParquetPageHeader)?
    let pages: [Page]
    /// Whether every page begins with a row, as an offset index promises.
    let beginWithRows: Bool

    /// Bytes of memory.
    var memory: Int { pages.count * MemoryLayout<Page>.stride + 128 }

    /// The page that a row begins in; the row is one of the row group's.
    func page(of row: Int) -> Int {
        var (low, high) = (0, pages.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if pages[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return low
    }
}
