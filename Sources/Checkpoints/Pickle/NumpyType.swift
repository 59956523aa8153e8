/// An element type of numpy: those of which a single number can be read.
enum NumpyType: String {
    case b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8

    /// Bytes of a number.
    var byteCount: Int {
        switch self {
        case .b1, .i1, .u1: 1
        case .i2, .u2, .f2: 2
        case .i4, .u4, .f4: 4
        case .i8, .u8, .f8: 8
        }
    }

    /// The number of these bits, of which the upper ones are 0; `nil` for a bool that is neither 0 nor 1.
    func value(_ bits: UInt64) -> PickleValue? {
        switch self {
        case .b1: bits < 2 ? .bool(bits == 1) : nil
        case .i1: .integer(Int(Int8(truncatingIfNeeded: bits)))
        case .i2: .integer(Int(Int16(truncatingIfNeeded: bits)))
        case .i4: .integer(Int(Int32(truncatingIfNeeded: bits)))
        case .i8: .integer(Int(truncatingIfNeeded: bits))
        case .u1, .u2, .u4, .u8: Int(exactly: bits).map { .integer($0) } ?? .unsigned(bits)
        case .f2:
            .single(Float(bitPattern: FloatConversion.float32Bits(f16: UInt16(truncatingIfNeeded: bits))))
        case .f4: .single(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .f8: .float(Double(bitPattern: bits))
        }
    }
}
