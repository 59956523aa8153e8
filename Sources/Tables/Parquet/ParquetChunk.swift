/// The pages of one leaf in one row group, as the footer describes them.
struct ParquetChunk: Sendable {
    /// The bytes of all its pages, their headers among them.
    let range: Range<Int>
    /// Values, nulls and empty lists counted.
    let valueCount: Int
    let codec: ParquetCodec
    /// The encodings that its pages have: a bit each.
    let encodings: UInt32
    /// The bytes that say where its pages lie, where the file has them.
    let offsetIndex: Range<Int>?
}

/// Rows of a Parquet file that are stored together.
struct ParquetRowGroup: Sendable {
    /// Its first row in the file.
    let firstRow: Int
    let rowCount: Int
    /// One for each leaf.
    let chunks: [ParquetChunk]
}
