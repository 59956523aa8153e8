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

    /// nil where pages are not compressed. What is not read is refused by its name. - Throws: `TableError`.
    func block(_ place: TablePlace) throws -> BlockCodec? {
        switch self {
        case .uncompressed: nil
        case .snappy: .snappy
        case .gzip: .gzip
        case .zstd: .zstd
        case .lz4Raw: .lz4Raw
        case .lzo, .brotli, .lz4:
            throw place.error(
                .unsupported, "compressed with \(Self.names[rawValue])",
                expected: "none, SNAPPY, GZIP, ZSTD or LZ4_RAW",
                hint: "write the file again: pyarrow.parquet.write_table(table, path, compression=\"zstd\")")
        }
    }
}
