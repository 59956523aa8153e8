/// Floats as bit patterns in text: `1.0` is `"0x3f800000"` (Float) or `"0x3ff0000000000000"` (Double).
///
/// Exact for every value, NaN payloads and −0 included, and independent of any printing algorithm.
package enum HexFloat {
    /// The eight digits of a Float's bits, after `0x`.
    package static func string(_ value: Float) -> String { string(bits: value.bitPattern) }

    /// The sixteen digits of a Double's bits, after `0x`.
    package static func string(_ value: Double) -> String { string(bits: value.bitPattern) }

    /// All digits of a bit pattern (8 for `UInt32`, 16 for `UInt64`), lower case, after `0x`.
    package static func string<Bits: FixedWidthInteger & UnsignedInteger>(bits: Bits) -> String {
        let count = Bits.bitWidth / 4
        return String(unsafeUninitializedCapacity: 2 + count) { buffer in
            (buffer[0], buffer[1]) = (UInt8(ascii: "0"), UInt8(ascii: "x"))
            for place in 0..<count {
                buffer[2 + place] = Hex.digit(Int(truncatingIfNeeded: bits >> Bits(4 * (count - 1 - place))))
            }
            return 2 + count
        }
    }

    /// The Float of `"0x"` and exactly eight lower-case digits; `nil` for any other text.
    package static func float(_ text: String) -> Float? { bits(text, as: UInt32.self).map(Float.init(bitPattern:)) }

    /// The Double of `"0x"` and exactly sixteen lower-case digits; `nil` for any other text.
    package static func double(_ text: String) -> Double? { bits(text, as: UInt64.self).map(Double.init(bitPattern:)) }

    /// The bit pattern of `"0x"` and exactly as many lower-case digits as the type has; `nil` for any other text.
    package static func bits<Bits: FixedWidthInteger & UnsignedInteger>(_ text: String, as: Bits.Type) -> Bits? {
        let source = Array(text.utf8)
        guard source.count == 2 + Bits.bitWidth / 4, source[0] == UInt8(ascii: "0"), source[1] == UInt8(ascii: "x")
        else { return nil }
        var result: Bits = 0
        for digit in source[2...] {
            guard let value = Hex.value(digit) else { return nil }
            result = result << 4 | Bits(value)
        }
        return result
    }
}
