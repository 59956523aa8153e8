/// What stands before each page.
struct ParquetPageHeader: Sendable {
    enum Content: Sendable {
        /// Levels and values compressed together; the numbers of the encodings of both kinds of levels.
        case data(definitions: Int, repetitions: Int)
        /// Levels, not compressed, of so many bytes, before the values.
        case data2(nulls: Int, rows: Int, repetitionBytes: Int, definitionBytes: Int, isCompressed: Bool)
        case dictionary
        /// A page that is passed over.
        case other
    }

    let content: Content
    /// Values, nulls and empty lists counted.
    let valueCount: Int
    let encoding: ParquetEncoding
    /// Bytes of the page in the file, and uncompressed; without the header.
    let storedSize: Int
    let size: Int
    /// Of the bytes in the file.
    let checksum: UInt32?
    /// Bytes of the header itself.
    let headerSize: Int

    /// The encoding that levels have.
    static let runs = ParquetEncoding.runs.rawValue

    /// Whether the page holds values of rows.
    var isData: Bool {
        switch content {
        case .data, .data2: true
        case .dictionary, .other: false
        }
    }

    /// Reads the header at `offset`, which together with its page ends at `end`. - Throws: `TableError`.
    static func read(_ file: TableFile, at offset: Int, end: Int, _ place: TablePlace) throws -> ParquetPageHeader {
        // Most headers are short; some hold the smallest and the largest value.
        var wanted = 256
        while true {
            let size = min(wanted, end - offset)
            guard size > 0 else { throw place.at(offset).error(.truncated, "a page header beyond its column") }
            var reader = ThriftReader(try file.bytes(offset..<offset + size, place), start: offset, place)
            do {
                let header = try ParquetPageHeader(&reader, place.at(offset))
                guard header.storedSize <= end - offset - header.headerSize else {
                    throw place.at(offset).error(
                        .mismatch, "a page beyond its column",
                        expected: "\(end - offset - header.headerSize) bytes at most", found: "\(header.storedSize)")
                }
                return header
            } catch let error as TableError {
                guard reader.ranOut, size == wanted, wanted < TableLimits.pageHeaderBytes else { throw error }
                wanted *= 8
            }
        }
    }

    /// Reads the header that `reader` stands before. - Throws: `TableError`.
    init(_ reader: inout ThriftReader, _ place: TablePlace) throws {
        var (kind, size, stored): (Int?, Int?, Int?) = (nil, nil, nil)
        var checksum: UInt32?
        var (values, encoding): (Int?, Int?) = (nil, nil)
        var (definitions, repetitions) = (Self.runs, Self.runs)
        var (nulls, rows, definitionBytes, repetitionBytes, isCompressed) = (0, 0, 0, 0, true)
        var described: Int?
        try reader.structure { reader, id, field in
            switch id {
            case 1: kind = try reader.int(field)
            case 2: size = try reader.count(field)
            case 3: stored = try reader.count(field)
            case 4: checksum = UInt32(bitPattern: Int32(truncatingIfNeeded: try reader.int(field)))
            case 5, 7:
                described = id
                try reader.structure(field) { reader, part, field in
                    switch part {
                    case 1: values = try reader.count(field)
                    case 2: encoding = try reader.int(field)
                    case 3 where id == 5: definitions = try reader.int(field)
                    case 4 where id == 5: repetitions = try reader.int(field)
                    default: return false
                    }
                    return true
                }
            case 8:
                described = id
                try reader.structure(field) { reader, id, field in
                    switch id {
                    case 1: values = try reader.count(field)
                    case 2: nulls = try reader.count(field)
                    case 3: rows = try reader.count(field)
                    case 4: encoding = try reader.int(field)
                    case 5: definitionBytes = try reader.count(field)
                    case 6: repetitionBytes = try reader.count(field)
                    case 7: isCompressed = try reader.bool(field)
                    default: return false
                    }
                    return true
                }
            default: return false
            }
            return true
        }
        headerSize = reader.position
        guard let kind, let size, let stored else {
            throw place.error(.metadata, "a page header that lacks kind or size")
        }
        (self.size, storedSize, self.checksum) = (size, stored, checksum)
        guard [0: 5, 2: 7, 3: 8][kind] == described || kind == 1 else {
            throw place.error(.metadata, "a page header that does not describe its kind of page", found: "\(kind)")
        }
        switch kind {
        case 0: content = .data(definitions: definitions, repetitions: repetitions)
        case 2: content = .dictionary
        case 3:
            content = .data2(
                nulls: nulls, rows: rows, repetitionBytes: repetitionBytes, definitionBytes: definitionBytes,
                isCompressed: isCompressed)
        default: content = .other
        }
        if case .other = content {
            (valueCount, self.encoding) = (0, .plain)
            return
        }
        guard let values, let encoding else {
            throw place.error(.metadata, "a page header that lacks number or encoding of the values")
        }
        guard values <= TableLimits.pageValues else {
            throw place.error(
                .limit, "values of a page", expected: "\(TableLimits.pageValues) at most", found: "\(values)")
        }
        guard let known = ParquetEncoding(rawValue: encoding) else {
            throw place.error(.unsupported, "an unknown encoding", found: "number \(encoding)")
        }
        valueCount = values
        self.encoding = known
    }
}
