/// Numbers of few bits, the first in the lowest bits of the first byte.
enum BitPacking {
    /// Hands on `count` numbers of `width` bits, 0 to 64, from byte `start` on; the caller has checked that they are there.
    static func unpack(_ bytes: [UInt8], from start: Int, width: Int, count: Int, _ body: (UInt64) -> Void) {
        precondition(start >= 0 && (count * width + 7) / 8 <= bytes.count - start, "packed bits beyond their bytes")
        let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
        bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<count {
                let bit = index * width
                let (first, shift) = (start + bit >> 3, bit & 7)
                let span = (shift + width + 7) >> 3
                var value: UInt64 = 0
                for place in 0..<min(span, 8) { value |= UInt64(bytes[first + place]) << UInt64(8 * place) }
                value >>= UInt64(shift)
                if span == 9 { value |= UInt64(bytes[first + 8]) << UInt64(64 - shift) }
                body(value & mask)
            }
        }
    }
}
