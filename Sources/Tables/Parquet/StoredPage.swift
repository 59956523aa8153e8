import CTableCodecs

/// A page as it lies in the file: its header, and its bytes, held against their checksum where there is one.
struct StoredPage {
    let header: ParquetPageHeader
    /// Its bytes, and what was read with them.
    let bytes: [UInt8]
    /// Where its own begin.
    let start: Int
    let place: TablePlace

    /// The page whose header stands at `offset`. - Throws: `TableError`.
    init(_ file: TableFile, _ header: ParquetPageHeader, at offset: Int, _ place: TablePlace) throws {
        let first = offset + header.headerSize
        try self.init(header, try file.bytes(first..<first + header.storedSize, place), start: 0, place)
    }

    /// The page that fills `range` with its header: both in one reading. - Throws: `TableError`.
    init(_ file: TableFile, in range: Range<Int>, _ place: TablePlace) throws {
        let bytes = try file.bytes(range, place)
        var reader = ThriftReader(bytes, start: range.lowerBound, place)
        let header = try ParquetPageHeader(&reader, place)
        guard header.storedSize == range.count - header.headerSize else {
            throw place.error(
                .mismatch, "a page of another size than in the offset index", expected: "\(range.count) bytes",
                found: "\(header.storedSize) behind a header of \(header.headerSize)",
                hint: "the file is damaged: fetch it again")
        }
        try self.init(header, bytes, start: header.headerSize, place)
    }

    private init(_ header: ParquetPageHeader, _ bytes: [UInt8], start: Int, _ place: TablePlace) throws {
        (self.header, self.bytes, self.start, self.place) = (header, bytes, start, place)
        guard let checksum = header.checksum else { return }
        let found = bytes.withUnsafeBufferPointer { bytes in
            let own = UnsafeBufferPointer(rebasing: bytes[start...])
            return ct_crc32(own.baseAddress, own.count)
        }
        guard found == checksum else {
            throw place.error(
                .checksum, "the checksum of a page", expected: String(checksum, radix: 16),
                found: String(found, radix: 16), hint: "the file is damaged: fetch it again")
        }
    }

    var count: Int { bytes.count - start }

    /// The bytes from number `first` of its own on, as a place in what `uncompressed` gives them in.
    func uncompressed(
        from first: Int = 0, _ codec: ParquetCodec, count: Int
    ) throws -> (bytes: [UInt8], range: Range<Int>) {
        if let block = try codec.block(place) {
            let made = try block.decompress(
                bytes[(start + first)...], count: count, place, what: "a page",
                hint: "write the file again with smaller row groups")
            return (made, 0..<count)
        }
        guard self.count - first == count else {
            throw place.error(
                .mismatch, "bytes of a page without compression", expected: "\(count)", found: "\(self.count - first)")
        }
        // No copy: pictures are most of a file.
        return (bytes, start + first..<bytes.count)
    }
}
