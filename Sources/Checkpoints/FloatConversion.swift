import Tensors

/// Widening stored numbers to Float32, bit by bit and without the processor's conversion instructions, which would
/// turn signalling NaN patterns into quiet ones.
public enum FloatConversion {
    /// The Float32 pattern of a binary16 (F16) pattern. Every value is exact; NaN payloads move to the top bits.
    @inlinable
    public static func float32Bits(f16 bits: UInt16) -> UInt32 {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0 where fraction == 0: return sign
        case 0:
            // Subnormal, fraction · 2⁻²⁴: shift the leading one up to the implicit place, bit 10.
            let shift = UInt32(fraction.leadingZeroBitCount) - 21
            return sign | (113 - shift) << 23 | (fraction << shift & 0x3FF) << 13
        case 31: return sign | 0x7F80_0000 | fraction << 13
        default: return sign | (exponent + 112) << 23 | fraction << 13
        }
    }

    /// The Float32 pattern of a BF16 pattern, which is its upper half.
    @inlinable
    public static func float32Bits(bf16 bits: UInt16) -> UInt32 { UInt32(bits) << 16 }

    /// A Float32 tensor with the values of a floating-point tensor.
    ///
    /// F32 comes back as it is, sharing storage. F16 and BF16 are exact. F64 is rounded to nearest, ties to even, so
    /// values that Float32 holds are exact too and those beyond its range become infinite.
    /// - Returns: `nil` when the element type is an integer or a Boolean.
    public static func float32(_ tensor: Tensor) -> Tensor? {
        switch tensor.dtype {
        case .f32: return tensor
        case .f16: return widen(tensor, UInt16.self) { Float(bitPattern: float32Bits(f16: UInt16(littleEndian: $0))) }
        case .bf16: return widen(tensor, UInt16.self) { Float(bitPattern: float32Bits(bf16: UInt16(littleEndian: $0))) }
        case .f64: return widen(tensor, UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
        case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: return nil
        }
    }

    @inline(__always)
    private static func widen<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ tensor: Tensor, _: Bits.Type, _ convert: (Bits) -> Float
    ) -> Tensor {
        let result = Tensor(uninitialized: tensor.shape)
        guard let source = tensor.bytes.baseAddress else { return result }
        let (target, count) = (result.pointer, tensor.count)
        for index in 0..<count {
            let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
            target[index] = convert(bits)
        }
        return result
    }
}
