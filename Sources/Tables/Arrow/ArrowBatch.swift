/// A record batch of an Arrow stream: how long its columns are, and where their buffers lie in the file.
struct ArrowBatch: Sendable {
    let rowCount: Int
    /// How each buffer is compressed; nil: none is.
    let codec: BlockCodec?
    /// Length and number of nulls of each node.
    let nodes: [(length: Int, nulls: Int)]
    /// Those that every batch has, in the file.
    let buffers: [Range<Int>]
    /// Those of long values, for each column of views.
    let viewed: [[Range<Int>]]
    /// For each dictionary the batches that make it at this place of the stream.
    var dictionaries: [Int64: [Int]] = [:]

    /// `body` is where the buffers lie in the file. - Throws: `TableError`.
    init(_ table: FlatTable, body: Range<Int>, _ shape: ArrowBatchShape) throws {
        if let compression = try table.table(3) {
            let (number, method) = (
                try compression.number(0, default: UInt8(0)), try compression.number(1, default: UInt8(0))
            )
            guard number <= 1, method == 0 else {
                throw table.error(
                    "buffers compressed in an unknown way", kind: .unsupported,
                    expected: "none, LZ4 or ZSTD, each buffer",
                    found: "codec \(number), method \(method)", hint: "save the table again without compression")
            }
            codec = number == 0 ? .lz4Frame : .zstd
        } else {
            codec = nil
        }
        func counted(_ number: Int64, _ what: String) throws -> Int {
            guard (0...Int64(TableLimits.rows)).contains(number) else { throw table.error(what, found: "\(number)") }
            return Int(number)
        }
        rowCount = try counted(try table.number(0, default: Int64(0)), "a batch of no possible length")
        nodes = try table.pairs(1).map { length, nulls in
            let length = try counted(length, "a column of no possible length")
            let nulls = try counted(nulls, "a number of nulls that cannot be")
            guard nulls <= length else {
                throw table.error("more nulls than values", expected: "\(length) at most", found: "\(nulls)")
            }
            return (length, nulls)
        }
        let all = try table.pairs(2).map { offset, length in
            guard offset >= 0, length >= 0, length <= body.count, offset <= Int64(body.count) - length else {
                throw table.error(
                    "a buffer beyond its message", expected: "\(body.count) bytes", found: "\(length) from \(offset)")
            }
            return body.lowerBound + Int(offset)..<body.lowerBound + Int(offset + length)
        }
        let counts = try table.numbers(4)
        guard counts.count == shape.views.count, counts.allSatisfy({ (0...Int64(all.count)).contains($0) }) else {
            throw table.error(
                "a batch that does not fit the schema", expected: "\(shape.views.count) columns of views",
                found: "\(counts.count)")
        }
        let expected = shape.buffers + counts.reduce(0) { $0 + Int($1) }
        guard nodes.count == shape.nodes, all.count == expected else {
            throw table.error(
                "a batch that does not fit the schema", expected: "\(shape.nodes) columns and \(expected) buffers",
                found: "\(nodes.count) and \(all.count)")
        }
        var (fixed, viewed): ([Range<Int>], [[Range<Int>]]) = ([], [])
        var next = 0
        for (before, count) in zip(shape.views, counts) {
            let own = next + before - fixed.count
            fixed += all[next..<own]
            next = own + Int(count)
            viewed.append(Array(all[own..<next]))
        }
        (buffers, self.viewed) = (fixed + all[next...], viewed)
    }
}
