import Compute

/// An element type of numpy: those whose numbers can be read.
enum NumpyType: String {
    case b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, c8, c16

    /// Bytes of a number.
    var byteCount: Int { element.bytesPerBlock }

    /// Its name in numpy.
    var name: String {
        switch self {
        case .b1: "bool"
        case .i1: "int8"
        case .i2: "int16"
        case .i4: "int32"
        case .i8: "int64"
        case .u1: "uint8"
        case .u2: "uint16"
        case .u4: "uint32"
        case .u8: "uint64"
        case .f2: "float16"
        case .f4: "float32"
        case .f8: "float64"
        case .c8: "complex64"
        case .c16: "complex128"
        }
    }

    /// The same type as checkpoints name it.
    var element: ElementType { torch.element }

    private var torch: TorchType {
        switch self {
        case .b1: .bool
        case .i1: .int8
        case .i2: .int16
        case .i4: .int32
        case .i8: .int64
        case .u1: .uint8
        case .u2: .uint16
        case .u4: .uint32
        case .u8: .uint64
        case .f2: .float16
        case .f4: .float32
        case .f8: .float64
        case .c8: .complex64
        case .c16: .complex128
        }
    }

    /// The number of these bits as text, with the fewest digits that give it back; `nil` for a bool that is neither 0 nor
    /// 1, and for complex numbers.
    func text(_ bits: UInt64) -> String? {
        switch self {
        case .b1: bits < 2 ? (bits == 1 ? "True" : "False") : nil
        case .i1: "\(Int8(truncatingIfNeeded: bits))"
        case .i2: "\(Int16(truncatingIfNeeded: bits))"
        case .i4: "\(Int32(truncatingIfNeeded: bits))"
        case .i8: "\(Int64(truncatingIfNeeded: bits))"
        case .u1, .u2, .u4, .u8: "\(bits)"
        case .f2: "\(Float(bitPattern: FloatConversion.float32Bits(f16: UInt16(truncatingIfNeeded: bits))))"
        case .f4: "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
        case .f8: "\(Double(bitPattern: bits))"
        case .c8, .c16: nil
        }
    }
}
