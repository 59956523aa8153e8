/// The wire format of protocol buffers, as far as an event needs it: a key (number of the field, kind) and the value.
enum ProtocolBuffer {
    static func integer(_ field: Int, _ value: UInt64) -> [UInt8] { variable(UInt64(field << 3)) + variable(value) }

    static func double(_ field: Int, _ value: Double) -> [UInt8] {
        variable(UInt64(field << 3 | 1)) + littleEndian(value.bitPattern)
    }

    static func bytes(_ field: Int, _ value: [UInt8]) -> [UInt8] {
        variable(UInt64(field << 3 | 2)) + variable(UInt64(value.count)) + value
    }

    static func float(_ field: Int, _ value: Float) -> [UInt8] {
        variable(UInt64(field << 3 | 5)) + littleEndian(value.bitPattern)
    }

    static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func variable(_ value: UInt64) -> [UInt8] {
        var (rest, result): (UInt64, [UInt8]) = (value, [])
        while rest >= 0x80 {
            result.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }
}
