/// Reads the pages of one leaf in one row group.
struct ChunkReader {
    let file: TableFile
    let footer: ParquetFooter
    let caches: ParquetCaches
    let group: Int
    let leafNumber: Int

    var leaf: ParquetLeaf { footer.schema.leaves[leafNumber] }
    private var chunk: ParquetChunk { footer.rowGroups[group].chunks[leafNumber] }
    private var rowCount: Int { footer.rowGroups[group].rowCount }

    func place(page: Int? = nil) -> TablePlace {
        TablePlace(file: file.path, column: leaf.name, rowGroup: group, page: page)
    }

    private func key(_ page: Int) -> ParquetCaches.Key {
        ParquetCaches.Key(file: file.identity, group: group, leaf: leafNumber, page: page)
    }

    /// Where all pages lie: as the offset index says, or by their headers, one after the other. - Throws: `TableError`.
    func list() throws -> ChunkPages {
        try caches.lists.value(key(0), bytes: \.memory) {
            _ = try chunk.codec.block(place())
            return try chunk.offsetIndex.map(indexed) ?? walked()
        }
    }

    private func indexed(_ range: Range<Int>) throws -> ChunkPages {
        let bytes = try file.bytes(range, place().at(range.lowerBound))
        let locations = try OffsetIndex(
            bytes, start: range.lowerBound, chunk: chunk.range, rowCount: rowCount, place()
        ).locations
        let ends = locations.dropFirst().map(\.firstRow) + [rowCount]
        return ChunkPages(
            dictionary: try dictionary(before: locations[0].range.lowerBound),
            pages: zip(locations, ends).map { location, end in
                ChunkPages.Page(
                    range: location.range, header: nil, firstRow: location.firstRow, rowCount: end - location.firstRow)
            }, beginWithRows: true)
    }

    /// The dictionary, which the offset index does not list; the chunk begins with it where there is one.
    private func dictionary(before end: Int) throws -> (offset: Int, header: ParquetPageHeader)? {
        var offset = chunk.range.lowerBound
        while offset < end {
            let place = place(page: -1).at(offset)
            let header = try ParquetPageHeader.read(file, at: offset, end: end, place)
            switch header.content {
            case .dictionary: return (offset, header)
            case .data, .data2: throw place.error(.mismatch, "a page that the offset index does not list")
            case .other: offset += header.headerSize + header.storedSize
            }
        }
        return nil
    }

    private func walked() throws -> ChunkPages {
        var pages: [ChunkPages.Page] = []
        var dictionary: (offset: Int, header: ParquetPageHeader)?
        var (offset, values, rows) = (chunk.range.lowerBound, 0, 0)
        while values < chunk.valueCount {
            let place = place(page: pages.count).at(offset)
            guard offset < chunk.range.upperBound else {
                throw place.error(
                    .mismatch, "pages with fewer values than the column has", expected: "\(chunk.valueCount)",
                    found: "\(values)")
            }
            let header = try ParquetPageHeader.read(file, at: offset, end: chunk.range.upperBound, place)
            let end = offset + header.headerSize + header.storedSize
            switch header.content {
            case .dictionary:
                guard dictionary == nil, pages.isEmpty else {
                    throw place.error(.data, "a second dictionary, or one behind the values")
                }
                dictionary = (offset, header)
            case .data, .data2:
                values += header.valueCount
                guard values <= chunk.valueCount else {
                    throw place.error(
                        .mismatch, "pages with more values than the column has", expected: "\(chunk.valueCount)")
                }
                var count = header.valueCount
                if leaf.repetition > 0 {
                    if case .data2(_, let rows, _, _, _) = header.content {
                        count = rows
                    } else {
                        // Only the levels tell how many rows begin here. The page is kept: whoever asks wants it next.
                        count = try caches.pages.value(key(pages.count), bytes: \.memory) {
                            try decoded(StoredPage(file, header, at: offset, place), dictionary)
                        }.rowCount
                    }
                }
                pages.append(
                    ChunkPages.Page(range: offset..<end, header: header, firstRow: rows, rowCount: count))
                rows += count
            case .other: break
            }
            offset = end
        }
        guard values == chunk.valueCount, rows == rowCount else {
            throw place().error(
                .mismatch, "values and rows of all pages",
                expected: "\(chunk.valueCount) values, \(rowCount) rows", found: "\(values) values, \(rows) rows")
        }
        return ChunkPages(dictionary: dictionary, pages: pages, beginWithRows: false)
    }

    /// The page of number `page`, decoded. - Throws: `TableError`.
    func page(_ number: Int, of list: ChunkPages) throws -> LeafPage {
        let page = list.pages[number]
        let place = place(page: number).at(page.range.lowerBound)
        // A page keeps the dictionary that it has places in.
        let size = max(page.header?.size ?? page.range.count, list.dictionary?.header.size ?? 0)
        let decoded = try caches.pages.value(key(number), expected: size, bytes: \.memory) {
            let stored =
                try page.header.map { try StoredPage(file, $0, at: page.range.lowerBound, place) }
                ?? StoredPage(file, in: page.range, place)
            return try self.decoded(stored, list.dictionary)
        }
        guard decoded.rowCount == page.rowCount else {
            throw place.error(
                .mismatch, "rows of a page", expected: "\(page.rowCount)", found: "\(decoded.rowCount)")
        }
        guard number > 0 && !list.beginWithRows || decoded.starts.first ?? 0 == 0 else {
            throw place.error(.data, "a list that goes on before any began")
        }
        return decoded
    }

    private func decoded(
        _ stored: StoredPage, _ dictionary: (offset: Int, header: ParquetPageHeader)?
    ) throws -> LeafPage {
        let header = stored.header
        guard header.isData else {
            throw stored.place.error(.mismatch, "a page without values where the offset index has one with values")
        }
        try requireListed(header, stored.place)
        return try LeafPage(
            stored, leaf, codec: chunk.codec, writer: footer.writer,
            dictionary: header.encoding.usesDictionary ? try dictionary.map(values) : nil)
    }

    /// The dictionary's values. - Throws: `TableError`.
    private func values(_ dictionary: (offset: Int, header: ParquetPageHeader)) throws -> LeafValues {
        let header = dictionary.header
        return try caches.dictionaries.value(key(-1), expected: header.size, bytes: \.memory) {
            let place = place(page: -1).at(dictionary.offset)
            guard header.encoding == .plain || header.encoding == .plainDictionary else {
                throw place.error(.unsupported, "a dictionary in the encoding \(header.encoding.name)")
            }
            let (bytes, range) = try StoredPage(file, header, at: dictionary.offset, place)
                .uncompressed(chunk.codec, count: header.size)
            var source = EncodedBytes(bytes, range, place)
            return try LeafValues(&source, .plain, leaf, count: header.valueCount, dictionary: nil)
        }
    }

    /// A checksum covers the bytes of a page and not its header, so the encoding there has to be one of those that the
    /// footer lists. Not every writer lists them; those that write checksums do.
    private func requireListed(_ header: ParquetPageHeader, _ place: TablePlace) throws {
        guard header.checksum != nil else { return }
        let either: UInt32 = 1 << 2 | 1 << 8
        let bits = header.encoding.usesDictionary ? either : 1 << UInt32(header.encoding.rawValue)
        guard chunk.encodings & bits != 0 else {
            throw place.error(
                .mismatch, "an encoding that the footer does not list for the column", found: header.encoding.name)
        }
    }
}
