/// What the files of a table share: buffers of compressed record batches that were read last.
struct ArrowBuffers: Sendable {
    /// Where a buffer that one part of a batch names has its bytes.
    enum Content: Sendable {
        /// In the file, as they are.
        case stored(Range<Int>)
        case made([UInt8])

        /// Bytes.
        var count: Int {
            switch self {
            case .stored(let range): range.count
            case .made(let bytes): bytes.count
            }
        }
    }

    private struct Key: Hashable, Sendable {
        let file: FileIdentity
        let start: Int
        let series: Int
    }

    private let recent: RecentlyUsed<Key, Content>

    /// - Parameter bytes: how many bytes of buffers are kept, but for large ones.
    init(bytes: Int = 48 << 20) { recent = RecentlyUsed(bytes: bytes) { $0.series } }

    /// The buffer that fills `range` of a file, one of a `series` in its batches. Compressed with `codec` it begins with its size in eight bytes; -1 says that
    /// its bytes follow as they are ("Buffer compression" of Message.fbs). - Throws: `TableError`.
    func content(
        _ range: Range<Int>, series: Int, _ codec: BlockCodec?, of file: TableFile, _ place: TablePlace
    ) throws -> Content {
        guard let codec, !range.isEmpty else { return .stored(range) }
        let key = Key(file: file.identity, start: range.lowerBound, series: series)
        return try recent.value(
            key, expected: range.count,
            bytes: {
                if case .made(let bytes) = $0 { bytes.count } else { 0 }
            },
            make: {
                let place = place.at(range.lowerBound)
                guard range.count >= 8 else {
                    throw place.error(
                        .data, "a compressed buffer without its size", expected: "8 bytes at least",
                        found: "\(range.count)", hint: "the file is damaged: fetch it again")
                }
                let size = try file.bytes(range.lowerBound..<range.lowerBound + 8, place)
                let count = Int64(bitPattern: (0..<8).reduce(0) { $0 | UInt64(size[$1]) << UInt64(8 * $1) })
                let rest = range.dropFirst(8)
                if count == -1 { return .stored(rest) }
                guard count >= 0 else {
                    throw place.error(
                        .data, "a buffer of a negative size", found: "\(count)",
                        hint: "the file is damaged: fetch it again")
                }
                // A buffer of nothing may have nothing behind its size.
                if count == 0 && rest.isEmpty { return .made([]) }
                return .made(
                    try codec.decompress(
                        try file.bytes(rest, place)[...], count: Int(count), place, what: "a compressed buffer",
                        hint: "save it again with smaller batches, or without compression"))
            })
    }
}
