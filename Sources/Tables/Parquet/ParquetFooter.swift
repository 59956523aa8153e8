import Core

/// What stands at the end of a Parquet file: types, row groups, and where their pages lie. Statistics are not read.
struct ParquetFooter: Sendable {
    let schema: ParquetSchema
    let rowCount: Int
    let rowGroups: [ParquetRowGroup]
    let writer: ParquetWriter

    private static let magic = Array("PAR1".utf8)

    /// Reads the footer of `file`. - Throws: `TableError`.
    init(_ file: TableFile) throws {
        let place = file.place
        guard file.size >= 12 else {
            throw place.error(
                .foreign, "no Parquet file", expected: "12 bytes at least", found: "\(file.size)",
                hint: "was it fetched whole?")
        }
        let head = try file.bytes(0..<4, place)
        let tail = try file.bytes(file.size - 8..<file.size, place)
        if Array(tail[4...]) == Array("PARE".utf8) || head == Array("PARE".utf8) {
            throw place.error(.unsupported, "an encrypted Parquet file", hint: "write it again without encryption")
        }
        guard head == Self.magic, Array(tail[4...]) == Self.magic else {
            throw place.error(
                head == Self.magic ? .truncated : .foreign,
                head == Self.magic ? "a Parquet file without its end" : "no Parquet file",
                expected: "\"PAR1\" in the first and the last four bytes",
                hint: head.starts(with: Array("vers".utf8)) ? "it is a pointer of git-lfs: git lfs pull" : nil)
        }
        let length = (0..<4).reduce(0) { $0 | Int(tail[$1]) << (8 * $1) }
        let end = file.size - 8
        guard length <= end - 4, length <= TableLimits.metadataBytes else {
            throw place.at(end).error(
                .metadata, "a footer that does not fit the file", expected: "\(end - 4) bytes at most",
                found: "\(length)")
        }
        let bytes = try file.bytes(end - length..<end, place)
        var reader = ThriftReader(bytes, start: end - length, place)
        var parser = Parser(place: place, limit: end - length)
        try parser.read(&reader)
        guard reader.position == bytes.count else {
            throw reader.place.error(.metadata, "bytes behind the footer", found: "\(bytes.count - reader.position)")
        }
        guard let schema = parser.schema, let rowCount = parser.rowCount else {
            throw place.error(.metadata, "a footer without \(parser.schema == nil ? "schema" : "number of rows")")
        }
        guard parser.rows == rowCount else {
            throw place.error(
                .mismatch, "rows of all row groups together", expected: "\(rowCount)", found: "\(parser.rows)")
        }
        self.schema = schema
        self.rowCount = rowCount
        rowGroups = parser.groups
        writer = parser.writer
    }

    private struct Parser {
        let place: TablePlace
        /// Where the pages end: the footer's first byte.
        let limit: Int
        var schema: ParquetSchema?
        var rowCount: Int?
        var rows = 0
        var groups: [ParquetRowGroup] = []
        var writer = ParquetWriter()

        mutating func read(_ reader: inout ThriftReader) throws {
            try reader.structure { reader, id, kind in
                switch id {
                case 2:
                    var elements: [ParquetSchema.Element] = []
                    try reader.list(kind) { elements.append(try Self.element(&$0, $1)) }
                    schema = try ParquetSchema(elements, place)
                case 3:
                    let count = try reader.count(kind)
                    guard count <= TableLimits.rows else {
                        throw place.error(.limit, "rows", expected: "\(TableLimits.rows) at most", found: "\(count)")
                    }
                    rowCount = count
                case 4: try reader.list(kind) { try self.group(&$0, $1) }
                case 6: writer = ParquetWriter(try reader.binary(kind))
                case 8:
                    throw place.error(
                        .unsupported, "an encrypted Parquet file", hint: "write it again without encryption")
                default: return false
                }
                return true
            }
        }

        private static func element(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws
            -> ParquetSchema.Element
        {
            var element = ParquetSchema.Element()
            try reader.structure(kind) { reader, id, kind in
                switch id {
                case 1: element.physical = try reader.int(kind)
                case 2: element.length = try reader.count(kind)
                case 3:
                    guard kind != .yes, kind != .no else {
                        throw reader.place.error(
                            .unsupported, "a truth value that says whether a column has nulls", expected: "a number",
                            hint: "fastparquet writes it with has_nulls=\"infer\": write the file again without that")
                    }
                    element.repetition = try reader.int(kind)
                case 4: element.name = try reader.text(kind)
                case 5: element.children = try reader.count(kind)
                case 6: element.converted = try reader.int(kind)
                case 10: element.logical = try logical(&reader, kind)
                default: return false
                }
                return true
            }
            return element
        }

        private static func logical(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws
            -> ParquetSchema.Logical
        {
            var result = ParquetSchema.Logical.none
            try reader.structure(kind) { reader, id, kind in
                switch id {
                case 1, 4, 12: result = .text
                case 2: result = .map
                case 3: result = .list
                case 5: result = .decimal
                case 6: result = .date
                case 7, 8:
                    var unit: TableType.Unit?
                    try reader.structure(kind) { reader, id, kind in
                        guard id == 2 else { return false }
                        try reader.structure(kind) { _, id, _ in
                            unit = [1: .milliseconds, 2: .microseconds, 3: .nanoseconds][id]
                            return false
                        }
                        return true
                    }
                    guard let unit else { throw reader.place.error(.metadata, "a time of no known unit") }
                    result = id == 7 ? .time(unit) : .timestamp(unit)
                    return true
                case 10:
                    var (bits, signed) = (0, true)
                    try reader.structure(kind) { reader, id, kind in
                        if id == 1 { bits = try reader.int(kind) }
                        if id == 2 { signed = try reader.bool(kind) }
                        return id == 1 || id == 2
                    }
                    guard [8, 16, 32, 64].contains(bits) else {
                        throw reader.place.error(.metadata, "an integer of \(bits) bits")
                    }
                    result = .integer(bits: bits, signed: signed)
                    return true
                case 11: result = .null
                case 15: result = .half
                default: result = .unknown
                }
                return false
            }
            return result
        }

        private mutating func group(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws {
            guard let schema else { throw reader.place.error(.metadata, "row groups before the schema") }
            var place = place
            place.rowGroup = groups.count
            var chunks: [ParquetChunk] = []
            var count: Int?
            try reader.structure(kind) { reader, id, kind in
                switch id {
                case 1:
                    try reader.list(kind) { reader, kind in
                        guard chunks.count < schema.leaves.count else {
                            throw place.error(
                                .mismatch, "more chunks than columns", expected: "\(schema.leaves.count)")
                        }
                        chunks.append(try chunk(&reader, kind, schema.leaves[chunks.count], place))
                    }
                case 3: count = try reader.count(kind)
                default: return false
                }
                return true
            }
            guard let count else { throw place.error(.metadata, "a row group without number of rows") }
            guard count <= TableLimits.rows - rows else { throw place.error(.limit, "rows", found: "\(count)") }
            guard chunks.count == schema.leaves.count else {
                throw place.error(
                    .mismatch, "chunks of a row group", expected: "\(schema.leaves.count), one for each column",
                    found: "\(chunks.count)")
            }
            for (leaf, chunk) in zip(schema.leaves, chunks)
            where leaf.repetition == 0 ? chunk.valueCount != count : chunk.valueCount < count {
                place.column = leaf.name
                throw place.error(
                    .mismatch, "values of a column", expected: "\(count), the rows of its row group",
                    found: "\(chunk.valueCount)")
            }
            groups.append(ParquetRowGroup(firstRow: rows, rowCount: count, chunks: chunks))
            rows += count
        }

        private func chunk(
            _ reader: inout ThriftReader, _ kind: ThriftReader.Kind, _ leaf: ParquetLeaf, _ place: TablePlace
        ) throws -> ParquetChunk {
            var place = place
            place.column = leaf.name
            var metadata: Metadata?
            var (indexStart, indexSize): (Int?, Int?) = (nil, nil)
            try reader.structure(kind) { reader, id, kind in
                switch id {
                case 1:
                    let other = try reader.text(kind)
                    guard other.isEmpty else {
                        throw place.error(.unsupported, "pages in another file", found: VisibleText.of(other))
                    }
                case 3: metadata = try self.metadata(&reader, kind, leaf, place)
                case 4: indexStart = try reader.count(kind)
                case 5: indexSize = try reader.count(kind)
                case 8, 9: throw place.error(.unsupported, "an encrypted column")
                default: return false
                }
                return true
            }
            guard let metadata else { throw place.error(.metadata, "a column without description") }
            guard let dataStart = metadata.dataStart, let size = metadata.size, let count = metadata.valueCount,
                let codec = metadata.codec
            else { throw place.error(.metadata, "a column whose description lacks place, size, number or codec") }
            // Without values there need not be pages, wherever they are said to be.
            if count == 0 {
                return ParquetChunk(
                    range: 0..<0, valueCount: 0, codec: codec, encodings: metadata.encodings, offsetIndex: nil)
            }
            // Some writers leave 0 for "none".
            let start = metadata.dictionaryStart.flatMap { $0 > 0 && $0 < dataStart ? $0 : nil } ?? dataStart
            guard start >= 4, size <= limit - 4, start <= limit - size, dataStart <= start + size else {
                throw place.at(start).error(
                    .truncated, "pages beyond the file", expected: "bytes 4 to \(limit)",
                    found: "\(size) bytes from \(start)", hint: "the file is damaged: fetch it again")
            }
            return ParquetChunk(
                range: start..<start + size, valueCount: count, codec: codec, encodings: metadata.encodings,
                offsetIndex: try index(indexStart, indexSize, place))
        }

        /// Where the offset index lies; some writers leave 0 for "none".
        private func index(_ start: Int?, _ size: Int?, _ place: TablePlace) throws -> Range<Int>? {
            guard let start, let size, start > 0, size > 0 else { return nil }
            guard start >= 4, size <= limit - 4, start <= limit - size else {
                throw place.at(start).error(
                    .metadata, "an offset index beyond the file", expected: "bytes 4 to \(limit)",
                    found: "\(size) bytes from \(start)", hint: "the file is damaged: fetch it again")
            }
            return start..<start + size
        }

        private struct Metadata {
            var encodings: UInt32 = 0
            var codec: ParquetCodec?
            var valueCount: Int?
            var size: Int?
            var dataStart: Int?
            var dictionaryStart: Int?
        }

        private func metadata(
            _ reader: inout ThriftReader, _ kind: ThriftReader.Kind, _ leaf: ParquetLeaf, _ place: TablePlace
        ) throws -> Metadata {
            var result = Metadata()
            try reader.structure(kind) { reader, id, kind in
                switch id {
                case 1:
                    let physical = try reader.int(kind)
                    guard physical == leaf.physical.rawValue else {
                        throw place.error(
                            .mismatch, "values of another type than the schema's", expected: "\(leaf.physical)",
                            found: "\(physical)")
                    }
                case 2:
                    try reader.list(kind) { reader, kind in
                        let encoding = try reader.int(kind)
                        if (0..<32).contains(encoding) { result.encodings |= 1 << UInt32(encoding) }
                    }
                case 3:
                    var path: [String] = []
                    try reader.list(kind) { path.append(try $0.text($1)) }
                    guard path == leaf.path else {
                        throw place.error(
                            .mismatch, "the name of a column", expected: "\(leaf.name), as in the schema",
                            found: path.joined(separator: "."))
                    }
                case 4:
                    let codec = try reader.int(kind)
                    result.codec = ParquetCodec(rawValue: codec)
                    if result.codec == nil {
                        throw place.error(.unsupported, "an unknown compression", found: "number \(codec)")
                    }
                case 5: result.valueCount = try reader.count(kind)
                case 7: result.size = try reader.count(kind)
                case 9: result.dataStart = try reader.count(kind)
                case 11: result.dictionaryStart = try reader.count(kind)
                default: return false
                }
                return true
            }
            return result
        }
    }
}
