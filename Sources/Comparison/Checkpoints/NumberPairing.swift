import CKernels
import Checkpoints

/// The comparison of numbers of two element types.
struct NumberPairing {
    let left: ck_number
    let right: ck_number
    /// Numbers an element has: two of a complex one.
    let numbersPerElement: Int
    let leftBytes: Int
    let rightBytes: Int

    /// `nil` where the numbers of the two types cannot be compared: packed ones, complex numbers with others.
    init?(_ left: ElementType, _ right: ElementType) {
        guard let a = Self.code(left.numbers), let b = Self.code(right.numbers) else { return nil }
        let isComplex = left.numbers == .c64
        guard isComplex == (right.numbers == .c64) else { return nil }
        (self.left, self.right) = (a, b)
        numbersPerElement = isComplex ? 2 : 1
        leftBytes = left.bytesPerBlock / numbersPerElement
        rightBytes = right.bytesPerBlock / numbersPerElement
    }

    private static func code(_ numbers: ElementType.Numbers) -> ck_number? {
        switch numbers {
        case .f64: CK_F64
        case .f32, .c64: CK_F32
        case .f16: CK_F16
        case .bf16: CK_BF16
        case .f8E4M3: CK_F8_E4M3
        case .f8E5M2: CK_F8_E5M2
        case .f8E4M3FNUZ: CK_F8_E4M3FNUZ
        case .f8E5M2FNUZ: CK_F8_E5M2FNUZ
        case .f8E8M0: CK_F8_E8M0
        case .i64: CK_I64
        case .i32: CK_I32
        case .i16: CK_I16
        case .i8: CK_I8
        case .u64: CK_U64
        case .u32: CK_U32
        case .u16: CK_U16
        case .u8: CK_U8
        case .bool: CK_BOOL
        case .packed: nil
        }
    }
}
