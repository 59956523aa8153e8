import Compute

/// A number that is infinite or not a number, and its place.
package struct NonFinite: Equatable, Sendable, CustomStringConvertible {
    /// Row-major index of the element.
    package let index: Int
    /// The element's bit pattern, as wide as its type.
    package let bits: UInt64
    /// The element's type.
    package let dtype: DType

    /// For example `element 17 is 0x7fc00000 (F32, NaN)`.
    package var description: String {
        let digits = String(bits, radix: 16)
        let padded = String(repeating: "0", count: dtype.byteCount * 2 - digits.count) + digits
        return "element \(index) is 0x\(padded) (\(dtype.rawValue), \(isNaN ? "NaN" : "infinite"))"
    }

    private var isNaN: Bool {
        let fractionBits: UInt64 =
            switch dtype {
            case .f64: 52
            case .f16: 10
            case .bf16: 7
            default: 23
            }
        return bits & ((1 << fractionBits) - 1) != 0
    }
}

/// The first element, in row-major order, whose exponent bits are all ones; `nil` when all elements are finite.
/// Integers and Booleans always are.
package func firstNonFinite(_ tensor: Tensor) -> NonFinite? {
    let found: (index: Int, bits: UInt64)? =
        switch tensor.dtype {
        case .f32: scan(tensor, exponent: 0x7F80_0000 as UInt32)
        case .f16: scan(tensor, exponent: 0x7C00 as UInt16)
        case .bf16: scan(tensor, exponent: 0x7F80 as UInt16)
        case .f64: scan(tensor, exponent: 0x7FF0_0000_0000_0000 as UInt64)
        case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: nil
        }
    return found.map { NonFinite(index: $0.index, bits: $0.bits, dtype: tensor.dtype) }
}

/// Looks at blocks without branching, so that the compiler can vectorise, and only then for the place in a block.
private func scan<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ tensor: Tensor, exponent: Bits
) -> (index: Int, bits: UInt64)? {
    let tensor = tensor.onHost
    let (bytes, count, size, block) = (tensor.bytes, tensor.count, MemoryLayout<Bits>.size, 4096)
    defer { withExtendedLifetime(tensor.storage) {} }
    var start = 0
    while start < count {
        let end = min(start + block, count)
        var hits: Bits = 0
        for index in start..<end {
            let bits = bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
            hits |= bits & exponent == exponent ? 1 : 0
        }
        if hits != 0 {
            for index in start..<end {
                let bits = bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
                if bits & exponent == exponent { return (index, UInt64(bits)) }
            }
        }
        start = end
    }
    return nil
}
