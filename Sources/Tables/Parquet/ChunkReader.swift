import CTableCodecs

/// Reads the pages of one leaf in one row group.
struct ChunkReader {
    let file: TableFile
    let footer: ParquetFooter
    let caches: ParquetCaches
    let group: Int
    let leafNumber: Int

    var leaf: ParquetLeaf { footer.schema.leaves[leafNumber] }
    private var chunk: ParquetChunk { footer.rowGroups[group].chunks[leafNumber] }

    func place(page: Int? = nil) -> TablePlace {
        TablePlace(file: file.path, column: leaf.name, rowGroup: group, page: page)
    }

    private func key(_ page: Int) -> ParquetCaches.Key {
        ParquetCaches.Key(file: file.identity, group: group, leaf: leafNumber, page: page)
    }

    /// Where all pages lie: by their headers, one after the other. - Throws: `TableError`.
    func list() throws -> ChunkPages {
        try caches.lists.value(key(0), bytes: \.memory) {
            try chunk.codec.requireSupport(place())
            let rowCount = footer.rowGroups[group].rowCount
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
                            // Only the levels tell how many rows begin here.
                            count = try read(offset, header, number: pages.count, dictionary).rowCount
                        }
                    }
                    pages.append(ChunkPages.Page(offset: offset, header: header, firstRow: rows, rowCount: count))
                    rows += count
                case .other: break
                }
                offset += header.headerSize + header.storedSize
            }
            guard values == chunk.valueCount, rows == rowCount else {
                throw place().error(
                    .mismatch, "values and rows of all pages",
                    expected: "\(chunk.valueCount) values, \(rowCount) rows", found: "\(values) values, \(rows) rows")
            }
            return ChunkPages(dictionary: dictionary, pages: pages)
        }
    }

    /// The page of number `page`, decoded. - Throws: `TableError`.
    func page(_ number: Int, of list: ChunkPages) throws -> LeafPage {
        try caches.pages.value(key(number), bytes: \.memory) {
            let page = list.pages[number]
            let decoded = try read(page.offset, page.header, number: number, list.dictionary)
            guard decoded.rowCount == page.rowCount else {
                throw place(page: number).at(page.offset).error(
                    .mismatch, "rows of a page", expected: "\(page.rowCount)", found: "\(decoded.rowCount)")
            }
            guard number > 0 || decoded.starts.first ?? 0 == 0 else {
                throw place(page: number).at(page.offset).error(.data, "a list that goes on before any began")
            }
            return decoded
        }
    }

    private func read(
        _ offset: Int, _ header: ParquetPageHeader, number: Int,
        _ dictionary: (offset: Int, header: ParquetPageHeader)?
    ) throws -> LeafPage {
        let place = place(page: number).at(offset)
        let stored = try stored(offset, header, place)
        try requireListed(header, place)
        return try LeafPage(
            stored, header, leaf, codec: chunk.codec,
            dictionary: header.encoding.usesDictionary ? try dictionary.map(values) : nil, place)
    }

    /// The dictionary's values. - Throws: `TableError`.
    private func values(_ dictionary: (offset: Int, header: ParquetPageHeader)) throws -> LeafValues {
        try caches.dictionaries.value(key(-1), bytes: \.memory) {
            let place = place(page: -1).at(dictionary.offset)
            let header = dictionary.header
            guard header.encoding == .plain || header.encoding == .plainDictionary else {
                throw place.error(.unsupported, "a dictionary in the encoding \(header.encoding.name)")
            }
            let bytes = try LeafPage.uncompressed(
                try stored(dictionary.offset, header, place)[...], chunk.codec, count: header.size, place)
            var source = EncodedBytes(bytes, 0..<bytes.count, place)
            return try LeafValues(&source, .plain, leaf, count: header.valueCount, dictionary: nil)
        }
    }

    /// The bytes of a page as they lie in the file, held against their checksum where there is one.
    private func stored(_ offset: Int, _ header: ParquetPageHeader, _ place: TablePlace) throws -> [UInt8] {
        let start = offset + header.headerSize
        let bytes = try file.bytes(start..<start + header.storedSize, place)
        if let checksum = header.checksum {
            let found = bytes.withUnsafeBufferPointer { ct_crc32($0.baseAddress, $0.count) }
            guard found == checksum else {
                throw place.error(
                    .checksum, "the checksum of a page", expected: String(checksum, radix: 16),
                    found: String(found, radix: 16), hint: "the file is damaged: fetch it again")
            }
        }
        return bytes
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
