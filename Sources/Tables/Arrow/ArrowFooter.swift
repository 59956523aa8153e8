/// What stands at the end of a file of the random access format ("IPC File Format", File.fbs): its schema, and where its
/// messages lie. Between them there may be anything.
struct ArrowFooter {
    /// Where a message lies.
    struct Block {
        let offset: Int
        /// Bytes of its metadata with what stands before them, and of its buffers.
        let metadata: Int
        let body: Int
    }

    /// The metadata's version, and the schema.
    let version: Int16
    let schema: FlatTable
    let dictionaries: [Block]
    let batches: [Block]

    static let magic = Array("ARROW1".utf8)

    /// Reads the footer of `file`, which begins as such a file does. - Throws: `TableError`.
    init(_ file: TableFile) throws {
        let place = file.place
        let cut = "the file was cut, or whoever writes it is not done"
        guard file.size >= 8 + 10 else {
            throw place.error(.truncated, "an Arrow file without its end", found: "\(file.size) bytes", hint: cut)
        }
        let tail = try file.bytes(file.size - 10..<file.size, place)
        guard Array(tail[4...]) == Self.magic else {
            throw place.error(
                .truncated, "an Arrow file without its end", expected: "\"ARROW1\" in the last six bytes", hint: cut)
        }
        let length = (0..<4).reduce(0) { $0 | Int(tail[$1]) << (8 * $1) }
        let end = file.size - 10
        guard length <= end - 8, length <= TableLimits.metadataBytes else {
            throw place.at(end).error(
                .metadata, "a footer that does not fit the file", expected: "\(end - 8) bytes at most",
                found: "\(length)")
        }
        let start = end - length
        let table = try FlatTable(root: try file.bytes(start..<end, place), origin: start, place)
        version = try table.number(0, default: 0)
        guard let schema = try table.table(1) else { throw table.error("a footer without schema") }
        self.schema = schema
        func blocks(_ field: Int) throws -> [Block] {
            try table.blocks(field).map { offset, metadata, body in
                guard offset >= 8, offset <= start, metadata >= 8, metadata <= start - Int(offset), body >= 0,
                    body <= start - Int(offset) - Int(metadata)
                else {
                    throw table.error(
                        "a message beyond the file", expected: "bytes 8 to \(start)",
                        found: "\(metadata) and \(body) bytes from \(offset)")
                }
                return Block(offset: Int(offset), metadata: Int(metadata), body: Int(body))
            }
        }
        (dictionaries, batches) = (try blocks(2), try blocks(3))
    }
}
