import CTableCodecs

/// How a block of bytes is compressed whose size uncompressed is known beforehand.
enum BlockCodec: String, Sendable {
    case snappy = "SNAPPY"
    case gzip = "GZIP"
    case zstd = "ZSTD"
    /// One block without framing.
    case lz4Raw = "LZ4_RAW"
    /// A frame, as Arrow has it.
    case lz4Frame = "LZ4"

    /// The most bytes that one byte can stand for: a block that claims more is damaged.
    private var ratio: Int {
        switch self {
        case .snappy: 32
        case .gzip: 1100
        case .lz4Raw, .lz4Frame: 256
        case .zstd: 1 << 17
        }
    }

    /// `count` bytes from all of `source`. `what` names the block where it is too large, `hint` what to do then.
    /// - Throws: `TableError`.
    func decompress(
        _ source: ArraySlice<UInt8>, count: Int, _ place: TablePlace, what: String, hint: String
    ) throws -> [UInt8] {
        guard count <= TableLimits.pageBytes else {
            throw place.error(
                .limit, "\(what) that is too large", expected: "\(TableLimits.pageBytes) bytes at most",
                found: "\(count)", hint: hint)
        }
        guard count <= (source.count + 8) * ratio else {
            throw place.error(
                .data, "more bytes than \(rawValue) can make of these",
                expected: "\((source.count + 8) * ratio) at most", found: "\(count)")
        }
        let target = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            let done = source.withUnsafeBufferPointer { source in
                switch self {
                case .snappy: ct_snappy(source.baseAddress, source.count, target.baseAddress, count)
                case .gzip: ct_gzip(source.baseAddress, source.count, target.baseAddress, count)
                case .zstd: ct_zstd(source.baseAddress, source.count, target.baseAddress, count)
                case .lz4Raw: ct_lz4(source.baseAddress, source.count, target.baseAddress, count)
                case .lz4Frame: ct_lz4_frame(source.baseAddress, source.count, target.baseAddress, count)
                }
            }
            filled = done ? count : 0
        }
        guard target.count == count else {
            throw place.error(
                .data, "\(source.count) bytes that are not \(count) bytes compressed with \(rawValue)",
                hint: "the file is damaged: fetch it again")
        }
        return target
    }
}
