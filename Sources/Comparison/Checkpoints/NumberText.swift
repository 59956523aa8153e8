import CKernels
import Checkpoints

/// Stored numbers as texts.
enum NumberText {
    /// The number at a place of a tensor, in the shortest form that tells it from its neighbours in Float32 (or in its own
    /// type, where that is wider); NaN with its bits.
    /// - Parameter index: counts numbers: a complex element has two.
    /// - Throws: what reading throws.
    static func read(_ index: Int, of bytes: TensorBytes, _ type: ElementType) throws -> String {
        guard let pairing = NumberPairing(type, type) else { return "" }
        let size = pairing.leftBytes
        guard (index + 1) * size <= bytes.count else { return "" }
        var storage: UInt64 = 0
        var value = 0.0
        try withUnsafeMutableBytes(of: &storage) { raw in
            try bytes.read(index * size..<(index + 1) * size, into: raw.baseAddress!)
            ck_kernels_for(CK_ISA_BASELINE).pointee.compare.values(&value, raw.baseAddress!, pairing.left, 1)
        }
        switch type.numbers {
        case .i64: return "\(Int64(bitPattern: storage))"
        case .u64: return "\(storage)"
        case .i32, .i16, .i8, .u32, .u16, .u8, .bool: return "\(Int(value))"
        default:
            guard !value.isNaN else { return "nan (0x\(String(storage, radix: 16)))" }
            return type.numbers == .f64 ? "\(value)" : "\(Float(value))"
        }
    }
}
