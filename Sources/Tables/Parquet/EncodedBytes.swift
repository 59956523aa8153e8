/// Bytes of a page that are read from front to back; every step is checked against the end.
struct EncodedBytes {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int
    let place: TablePlace
    let writer: ParquetWriter

    init(_ bytes: [UInt8], _ range: Range<Int>, _ place: TablePlace, _ writer: ParquetWriter = ParquetWriter()) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
        self.place = place
        self.writer = writer
    }

    var left: Int { end - position }

    func error(_ problem: String, expected: String? = nil, found: String? = nil) -> TableError {
        place.error(.data, problem, expected: expected, found: found, hint: "the file is damaged: fetch it again")
    }

    /// The next `count` bytes as a place in `bytes`.
    mutating func take(_ count: Int) throws -> Range<Int> {
        guard count >= 0, count <= left else {
            throw error("values that end too early", expected: "\(count) more bytes", found: "\(left)")
        }
        defer { position += count }
        return position..<position + count
    }

    /// An unsigned number of so many bytes, lowest first.
    mutating func unsigned(_ width: Int) throws -> UInt64 {
        let range = try take(width)
        var value: UInt64 = 0
        for place in range.reversed() { value = value << 8 | UInt64(bytes[place]) }
        return value
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = bytes[try take(1).lowerBound]
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw error("a number of more than 64 bits")
    }

    mutating func zigzag() throws -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Nothing may be left behind values that fill their page. - Throws: `TableError`.
    func requireEnd() throws {
        guard left <= writer.padding, bytes[position..<end].allSatisfy({ $0 == 0 }) else {
            throw error("bytes behind the last value", found: "\(left)")
        }
    }
}
