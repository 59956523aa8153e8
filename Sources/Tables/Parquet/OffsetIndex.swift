/// Where the pages of a chunk lie and which rows they hold, as the file itself says (`OffsetIndex` of parquet.thrift): with
/// it a page is found without going through the headers of those before it.
struct OffsetIndex: Sendable {
    /// One page of values.
    struct Location: Sendable, Equatable {
        /// Its bytes in the file, with its header.
        let range: Range<Int>
        /// The first row that begins in it, inside the row group.
        let firstRow: Int
    }

    /// In the order of the rows; at least one.
    let locations: [Location]

    /// Reads `bytes`, which lie from `start` on, about pages inside `chunk`, of `rowCount` rows together.
    /// - Throws: `TableError`: `metadata`, `truncated`.
    init(_ bytes: [UInt8], start: Int, chunk: Range<Int>, rowCount: Int, _ place: TablePlace) throws {
        var reader = ThriftReader(bytes, start: start, place)
        var locations: [Location] = []
        try reader.structure { reader, id, kind in
            guard id == 1 else { return false }
            try reader.list(kind) { locations.append(try Self.location(&$0, $1)) }
            return true
        }
        func wrong(_ problem: String, expected: String? = nil, found: String? = nil) -> TableError {
            place.at(start).error(
                .metadata, problem, expected: expected, found: found, hint: "the file is damaged: fetch it again")
        }
        guard locations.first?.firstRow == 0 else {
            throw wrong("an offset index whose pages do not begin with the first row")
        }
        var (end, row) = (chunk.lowerBound, -1)
        for location in locations {
            guard location.range.lowerBound >= end, location.range.upperBound <= chunk.upperBound,
                // pyarrow writes pages without values, too.
                location.firstRow >= row, location.firstRow <= rowCount
            else {
                throw wrong(
                    "an offset index that does not go through the pages in order",
                    expected: "bytes \(end) to \(chunk.upperBound), rows \(max(row, 0)) to \(rowCount)",
                    found: "bytes \(location.range), row \(location.firstRow)")
            }
            (end, row) = (location.range.upperBound, location.firstRow)
        }
        self.locations = locations
    }

    private static func location(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> Location {
        var (offset, size, row): (Int?, Int?, Int?) = (nil, nil, nil)
        try reader.structure(kind) { reader, id, kind in
            switch id {
            case 1: offset = try reader.count(kind)
            case 2: size = try reader.count(kind)
            case 3: row = try reader.count(kind)
            default: return false
            }
            return true
        }
        guard let offset, let size, let row, size > 0, offset <= Int.max - size else {
            throw reader.place.error(.metadata, "a page of the offset index without place, size or row")
        }
        return Location(range: offset..<offset + size, firstRow: row)
    }
}
