/// Entries of a leaf that belong together: a row's, or an element's of a list.
struct LeafEntries {
    let page: LeafPage
    var range: Range<Int>
    let leaf: ParquetLeaf
    let place: TablePlace

    /// The definition level of the first one.
    var definition: Int {
        page.definitions.isEmpty ? leaf.definition : Int(page.definitions[range.lowerBound])
    }

    /// The value of the first one. - Throws: `TableError` where text is not UTF-8.
    func value() throws -> TableValue {
        let entry = range.lowerBound
        if definition < leaf.definition { return .null }
        return try page.values.value(page.places.isEmpty ? entry : Int(page.places[entry]), leaf, place)
    }
}

/// Goes through the rows of a leaf in one row group.
struct LeafReader {
    let chunk: ChunkReader
    private var row: Int
    private var list: ChunkPages?
    private var number = -1
    private var page: LeafPage?
    private var current: LeafEntries?

    /// Begins before `row`, counted in the row group.
    init(chunk: ChunkReader, row: Int) {
        self.chunk = chunk
        self.row = row
    }

    /// Entries of the row that `advance` went to.
    var entries: LeafEntries { current! }

    /// Goes to the next row. - Throws: `TableError`.
    mutating func advance() throws {
        let list = try self.list ?? chunk.list()
        self.list = list
        let wanted = list.page(of: row)
        if wanted != number || page == nil {
            (number, page) = (wanted, try chunk.page(wanted, of: list))
        }
        guard let page else { preconditionFailure("a page was read") }
        let local = row - list.pages[number].firstRow
        row += 1
        let place = chunk.place(page: number).at(list.pages[number].range.lowerBound)
        guard !page.repetitions.isEmpty else {
            current = LeafEntries(page: page, range: local..<local + 1, leaf: chunk.leaf, place: place)
            return
        }
        let isLast = local + 1 == page.starts.count
        let range = Int(page.starts[local])..<(isLast ? page.count : Int(page.starts[local + 1]))
        let whole = LeafEntries(page: page, range: range, leaf: chunk.leaf, place: place)
        current = isLast && !list.beginWithRows ? try continued(whole, list) : whole
    }

    /// A list may go on at the start of the next page: older writers cut pages anywhere.
    private func continued(_ entries: LeafEntries, _ list: ChunkPages) throws -> LeafEntries {
        var (result, next) = (entries, number + 1)
        while next < list.pages.count {
            let page = try chunk.page(next, of: list)
            let count = page.starts.first.map { Int($0) } ?? page.count
            if count > 0 { result = try result.joined(with: page, count: count) }
            if count < page.count { break }
            next += 1
        }
        return result
    }
}

extension LeafEntries {
    /// These and the first `count` entries of the next page, as a page of their own.
    fileprivate func joined(with next: LeafPage, count: Int) throws -> LeafEntries {
        let page = LeafPage(joining: self.page, range, next, 0..<count, leaf)
        return LeafEntries(page: page, range: 0..<page.count, leaf: leaf, place: place)
    }
}
