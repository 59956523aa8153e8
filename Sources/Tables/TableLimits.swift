/// What is read at most, so that a damaged file cannot ask for any amount of memory.
enum TableLimits {
    /// Bytes of a footer or of the metadata of a message.
    static let metadataBytes = 1 << 28
    /// Bytes of a page, uncompressed.
    static let pageBytes = 1 << 29
    /// Values of a page, nulls counted.
    static let pageValues = 1 << 26
    /// Bytes of a page's header.
    static let pageHeaderBytes = 1 << 22
    /// Types inside each other.
    static let depth = 24
    /// Rows of a table.
    static let rows = 1 << 40
}
