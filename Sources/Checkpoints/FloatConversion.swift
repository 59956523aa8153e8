import Compute

/// Widening stored numbers to Float32, bit by bit and without the processor's conversion instructions, which would
/// turn signalling NaN patterns into quiet ones.
package enum FloatConversion {
    /// The Float32 pattern of a binary16 (F16) pattern. Every value is exact; NaN payloads move to the top bits.
    @inlinable
    package static func float32Bits(f16 bits: UInt16) -> UInt32 {
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
    package static func float32Bits(bf16 bits: UInt16) -> UInt32 { UInt32(bits) << 16 }

    /// The binary16 pattern nearest to a Float32 pattern, ties to even; beyond the largest number it becomes infinite.
    /// A NaN stays one: its payload's top bits, or a quiet one where nothing of the payload is left.
    @inlinable
    package static func float16Bits(f32 bits: UInt32) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 {
            let payload = UInt16(truncatingIfNeeded: magnitude >> 13) & 0x3FF
            return sign | 0x7C00 | (payload == 0 ? 0x200 : payload)
        }
        // 65520, the middle between the largest number and the next one, and above.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude >= 0x3880_0000 {
            // A carry out of the fraction is the next exponent, as it should be.
            let rest = magnitude - 112 << 23
            return sign | UInt16(truncatingIfNeeded: (rest + 0xFFF + (rest >> 13 & 1)) >> 13)
        }
        // Subnormal: multiples of 2⁻²⁴. Half of the smallest and less is zero, the tie included.
        if magnitude <= 0x3300_0000 { return sign }
        let fraction = magnitude & 0x7F_FFFF | 0x80_0000
        let shift = 126 - magnitude >> 23
        let half: UInt32 = 1 << (shift - 1)
        return sign | UInt16(truncatingIfNeeded: (fraction + half - 1 + (fraction >> shift & 1)) >> shift)
    }

    /// The BF16 pattern nearest to a Float32 pattern, ties to even. A NaN stays one, quiet.
    @inlinable
    package static func bfloat16Bits(f32 bits: UInt32) -> UInt16 {
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }

    /// An F16 tensor with the values of a Float32 tensor, each rounded to nearest, ties to even.
    package static func float16(_ tensor: Tensor) -> Tensor {
        let result = Tensor(uninitialized: tensor.shape, dtype: .f16)
        let (source, count) = (tensor.hostValues, tensor.count)
        let target = (result.storage.base + result.offset).assumingMemoryBound(to: UInt16.self)
        for index in 0..<count { target[index] = float16Bits(f32: source[index].bitPattern).littleEndian }
        return result
    }

    /// A Float32 tensor with the values of a floating-point tensor.
    ///
    /// F32 comes back as it is, sharing storage. F16 and BF16 are exact. F64 is rounded to nearest, ties to even, so
    /// values that Float32 holds are exact too and those beyond its range become infinite.
    /// - Returns: `nil` when the element type is an integer or a Boolean.
    package static func float32(_ tensor: Tensor) -> Tensor? {
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
        let (target, count) = (result.hostValues, tensor.count)
        for index in 0..<count {
            let bits = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
            target[index] = convert(bits)
        }
        return result
    }
}
