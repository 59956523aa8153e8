/// The numbers of a directory entry that may be too large for their fields, and then stand in its ZIP64 field
/// (APPNOTE 4.5.3): those whose own field is all ones, in this order.
struct ZipWideFields {
    private let extra: ArraySlice<UInt8>
    private(set) var uncompressed: UInt64
    private(set) var compressed: UInt64
    private(set) var offset: UInt64
    private(set) var disk: Int

    init(_ extra: ArraySlice<UInt8>, uncompressed: Int, compressed: Int, offset: Int, disk: Int) {
        self.extra = extra
        self.uncompressed = UInt64(uncompressed)
        self.compressed = UInt64(compressed)
        self.offset = UInt64(offset)
        self.disk = disk
    }

    /// Takes the wide numbers; returns whether the extra fields are whole and hold all that is wanted.
    mutating func resolve() -> Bool {
        let all = Array(extra)
        var wide: [UInt8]?
        var position = 0
        // Up to three bytes after the last field are padding of other programs.
        while all.count - position >= 4 {
            let (kind, count) = (all.u16(position), all.u16(position + 2))
            guard all.count - position - 4 >= count else { return false }
            if kind == 1 {
                guard wide == nil else { return false }
                wide = Array(all[(position + 4)..<(position + 4 + count)])
            }
            position += 4 + count
        }
        var rest = (wide ?? [])[...]
        func take(_ value: UInt64) -> UInt64? {
            guard value == 0xFFFF_FFFF else { return value }
            // Without a ZIP64 field, the number is what it is.
            guard wide != nil else { return value }
            guard rest.count >= 8 else { return nil }
            defer { rest = rest.dropFirst(8) }
            return Array(rest.prefix(8)).u64(0)
        }
        guard let first = take(uncompressed), let second = take(compressed), let third = take(offset) else {
            return false
        }
        (uncompressed, compressed, offset) = (first, second, third)
        if disk == 0xFFFF, wide != nil {
            guard rest.count >= 4 else { return false }
            disk = Array(rest.prefix(4)).u32(0)
        }
        return true
    }
}
