/// Goes through the messages of an Arrow stream.
struct MessageReader {
    let file: TableFile
    private(set) var schema: ArrowSchema?
    private(set) var batches: [ArrowBatch] = []
    private(set) var dictionaryBatches: [ArrowBatch] = []
    /// The schema of a footer. What a batch is made of depends on the version that the messages have: pyarrow's footer says
    /// another one.
    private var footerSchema: FlatTable?
    /// For each dictionary the batches that make it now.
    private var dictionaries: [Int64: [Int]] = [:]

    init(file: TableFile) { self.file = file }

    /// All messages: to the mark of the end, or those that a footer names. - Throws: `TableError`.
    mutating func readAll() throws {
        let magic = file.size >= 6 ? try file.bytes(0..<6, file.place) : []
        guard magic == ArrowFooter.magic else {
            guard !magic.starts(with: Array("FEA1".utf8)) else {
                throw file.place.error(
                    .unsupported, "Feather of version 1", expected: "version 2, which is Arrow's own format",
                    hint: "write it again: pyarrow.feather.write_feather(table, path)")
            }
            var offset = 0
            while let next = try message(at: offset) { offset = next }
            return
        }
        let footer = try ArrowFooter(file)
        try requireVersion(footer.version, file.place)
        footerSchema = footer.schema
        for block in footer.dictionaries { try self.block(block) }
        // A batch may use any of the dictionaries, wherever they lie.
        for index in dictionaryBatches.indices { dictionaryBatches[index].dictionaries = dictionaries }
        for block in footer.batches { try self.block(block) }
        schema = try schema ?? ArrowSchema(footer.schema, file.place, isOfVersion5: footer.version == 4)
        guard dictionaryBatches.count == footer.dictionaries.count, batches.count == footer.batches.count else {
            throw file.place.error(.mismatch, "a message of another kind than in the footer")
        }
    }

    /// Reads a message that a footer names. - Throws: `TableError`.
    private mutating func block(_ block: ArrowFooter.Block) throws {
        let end = try message(at: block.offset)
        guard end == block.offset + block.metadata + block.body else {
            throw file.place.at(block.offset).error(
                .mismatch, "a message of another size than in the footer",
                expected: "\(block.metadata + block.body) bytes", found: end.map { "\($0 - block.offset)" },
                hint: "the file is damaged: fetch it again")
        }
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }

    /// Reads the message at `offset`; where the next one begins, nil behind the last. - Throws: `TableError`.
    private mutating func message(at offset: Int) throws -> Int? {
        let place = file.place.at(offset)
        guard offset <= file.size - 8 else {
            throw place.error(
                offset == 0 ? .foreign : .truncated,
                offset == 0 ? "no Arrow stream" : "an Arrow stream without its end",
                expected: "FFFFFFFF 00000000 behind the last message", found: "\(max(0, file.size - offset)) bytes",
                hint: "the file was cut, or whoever writes it is not done")
        }
        // Most metadata is short: one reading.
        let head = try file.bytes(offset..<min(file.size, offset + 4096), place)
        guard Self.number(head, 0) == 0xFFFF_FFFF else {
            throw place.error(
                offset == 0 ? .foreign : .metadata, offset == 0 ? "no Arrow stream" : "no message",
                expected: "FFFFFFFF, which every message begins with",
                hint: offset == 0 ? "`datasets` writes data-*.arrow; streams of before Arrow 0.15 are not read" : nil)
        }
        let length = Int(Self.number(head, 4))
        if length == 0 { return nil }
        guard length <= min(TableLimits.metadataBytes, file.size - offset - 8) else {
            throw place.error(
                .truncated, "metadata beyond the file", expected: "\(file.size - offset - 8) bytes at most",
                found: "\(length)")
        }
        let bytes =
            length <= head.count - 8
            ? Array(head[8..<8 + length]) : try file.bytes(offset + 8..<offset + 8 + length, place)
        let message = try FlatTable(root: bytes, origin: offset + 8, file.place)
        let size = try message.number(3, default: Int64(0))
        let start = offset + 8 + length
        guard size >= 0, size <= Int64(file.size - start) else {
            throw place.error(
                .truncated, "a message beyond the file", expected: "\(file.size - start) bytes at most",
                found: "\(size)", hint: "the file was cut, or whoever writes it is not done")
        }
        try take(message, body: start..<start + Int(size), place)
        return start + Int(size)
    }

    private func requireVersion(_ version: Int16, _ place: TablePlace) throws {
        guard version == 3 || version == 4 else {
            throw place.error(
                .unsupported, "Arrow metadata of another version", expected: "V4 or V5", found: "V\(Int(version) + 1)")
        }
    }

    private mutating func take(_ message: FlatTable, body: Range<Int>, _ place: TablePlace) throws {
        let version = try message.number(0, default: Int16(0))
        try requireVersion(version, place)
        let kind = try message.number(1, default: UInt8(0))
        guard let header = try message.table(2) else { throw place.error(.metadata, "a message of nothing") }
        if kind == 1 {
            guard footerSchema == nil, schema == nil else { throw place.error(.metadata, "a second schema") }
            schema = try ArrowSchema(header, file.place, isOfVersion5: version == 4)
            return
        }
        schema =
            try schema ?? footerSchema.map { try ArrowSchema($0, file.place, isOfVersion5: version == 4) }
        guard let schema else { throw place.error(.metadata, "a message before the schema") }
        switch kind {
        case 2:
            let id = try header.number(0, default: Int64(0))
            guard let shape = schema.dictionaryShapes[id], let data = try header.table(1) else {
                throw place.error(.metadata, "a dictionary that no column has", found: "\(id)")
            }
            var batch = try ArrowBatch(data, body: body, shape)
            guard batch.nodes[0].length == batch.rowCount else {
                throw place.error(.mismatch, "values of a dictionary", expected: "\(batch.rowCount)")
            }
            batch.dictionaries = dictionaries
            let isDelta = try header.bool(2)
            guard footerSchema == nil || isDelta || dictionaries[id] == nil else {
                throw place.error(.metadata, "a dictionary that is replaced, which only a stream may do")
            }
            let before = isDelta ? dictionaries[id] ?? [] : []
            dictionaries[id] = before + [dictionaryBatches.count]
            dictionaryBatches.append(batch)
        case 3:
            var batch = try ArrowBatch(header, body: body, schema.shape)
            batch.dictionaries = dictionaries
            batches.append(batch)
        default: throw place.error(.unsupported, "a message of kind \(kind)", expected: "schema, dictionary or batch")
        }
    }
}
