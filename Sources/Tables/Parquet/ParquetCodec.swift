import CTableCodecs

/// How the pages of a chunk are compressed (`CompressionCodec`).
enum ParquetCodec: Int, Sendable {
    case uncompressed = 0
    case snappy = 1
    case gzip = 2
    case lzo = 3
    case brotli = 4
    case lz4 = 5
    case zstd = 6
    case lz4Raw = 7

    private static let names = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]

    /// Refuses what is not read, by its name. - Throws: `TableError`.
    func requireSupport(_ place: TablePlace) throws {
        switch self {
        case .lzo, .brotli, .lz4:
            throw place.error(
                .unsupported, "compressed with \(Self.names[rawValue])",
                expected: "none, SNAPPY, GZIP, ZSTD or LZ4_RAW",
                hint: "write the file again: pyarrow.parquet.write_table(table, path, compression=\"zstd\")")
        default: break
        }
    }

    /// The most bytes that one byte can stand for: a page that claims more is damaged.
    private var ratio: Int {
        switch self {
        case .snappy: 32
        case .gzip: 1100
        case .lz4Raw: 256
        case .zstd: 1 << 17
        default: 1
        }
    }

    /// `count` bytes from all of `source`. - Throws: `TableError`.
    func decompress(_ source: ArraySlice<UInt8>, count: Int, _ place: TablePlace) throws -> [UInt8] {
        guard count <= TableLimits.pageBytes else {
            throw place.error(
                .limit, "a page that is too large", expected: "\(TableLimits.pageBytes) bytes at most",
                found: "\(count)", hint: "write the file again with smaller row groups")
        }
        guard count <= (source.count + 8) * ratio else {
            throw place.error(
                .data, "more bytes than \(Self.names[rawValue]) can make of these",
                expected: "\((source.count + 8) * ratio) at most", found: "\(count)")
        }
        let target = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            let done = source.withUnsafeBufferPointer { source in
                switch self {
                case .snappy: ct_snappy(source.baseAddress, source.count, target.baseAddress, count)
                case .gzip: ct_gzip(source.baseAddress, source.count, target.baseAddress, count)
                case .zstd: ct_zstd(source.baseAddress, source.count, target.baseAddress, count)
                case .lz4Raw: ct_lz4(source.baseAddress, source.count, target.baseAddress, count)
                default: false
                }
            }
            filled = done ? count : 0
        }
        guard target.count == count else {
            throw place.error(
                .data, "\(source.count) bytes that are not \(count) bytes compressed with \(Self.names[rawValue])",
                hint: "the file is damaged: fetch it again")
        }
        return target
    }
}
