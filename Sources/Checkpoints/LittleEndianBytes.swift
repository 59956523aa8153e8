extension [UInt8] {
    /// The unsigned integer of a fixed field, lowest byte first. The caller has checked that the field is there.
    func littleEndian<Integer: FixedWidthInteger & UnsignedInteger>(_ offset: Int, _: Integer.Type) -> Integer {
        var value: Integer = 0
        for place in (0..<MemoryLayout<Integer>.size).reversed() {
            value = value << 8 | Integer(truncatingIfNeeded: self[offset + place])
        }
        return value
    }

    /// A field of two bytes.
    func u16(_ offset: Int) -> Int { Int(littleEndian(offset, UInt16.self)) }
    /// A field of four bytes.
    func u32(_ offset: Int) -> Int { Int(littleEndian(offset, UInt32.self)) }
    /// A field of eight bytes.
    func u64(_ offset: Int) -> UInt64 { littleEndian(offset, UInt64.self) }
}
