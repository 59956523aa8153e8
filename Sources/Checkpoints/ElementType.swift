import Compute

/// How the numbers of a stored tensor are encoded: more types than `DType`, whose numbers can be computed with.
package struct ElementType: Hashable, Sendable {
    /// What is known of the bits of a number.
    package enum Numbers: Hashable, Sendable {
        /// IEEE 754 binary64, binary32, binary16, and the upper half of a binary32.
        case f64, f32, f16, bf16
        /// Eight bits, OCP names: four exponent bits without infinity, five with.
        case f8E4M3, f8E5M2
        /// Eight bits without infinity and −0; the pattern 0x80 is NaN.
        case f8E4M3FNUZ, f8E5M2FNUZ
        /// A power of two, 2^(bits − 127); 0xFF is NaN.
        case f8E8M0
        /// Two's complement.
        case i64, i32, i16, i8
        /// From 0 on.
        case u64, u32, u16, u8
        /// One byte, 0 or 1.
        case bool
        /// Two Float32, real and imaginary part.
        case c64
        /// Quantised or packed: bytes are compared, numbers are not.
        case packed
    }

    /// As safetensors spells it; of GGUF's own types as GGUF spells it ("Q4_K").
    package let name: String
    /// What the bits mean.
    package let numbers: Numbers
    /// Elements that are stored together: 1, or more where less than a byte is left for each.
    package let elementsPerBlock: Int
    /// Bytes that they take.
    package let bytesPerBlock: Int

    /// A type that is stored by blocks, of which only the size is known.
    package init(packed name: String, elementsPerBlock: Int, bytesPerBlock: Int) {
        self.init(name, .packed, elementsPerBlock, bytesPerBlock)
    }

    private init(_ name: String, _ numbers: Numbers, _ elementsPerBlock: Int, _ bytesPerBlock: Int) {
        self.name = name
        self.numbers = numbers
        self.elementsPerBlock = elementsPerBlock
        self.bytesPerBlock = bytesPerBlock
    }

    /// Every type of the safetensors format.
    package static let safetensors: [ElementType] = [
        ElementType("F64", .f64, 1, 8), ElementType("F32", .f32, 1, 4), ElementType("F16", .f16, 1, 2),
        ElementType("BF16", .bf16, 1, 2), ElementType("F8_E4M3", .f8E4M3, 1, 1), ElementType("F8_E5M2", .f8E5M2, 1, 1),
        ElementType("F8_E8M0", .f8E8M0, 1, 1), ElementType("F8_E4M3FNUZ", .f8E4M3FNUZ, 1, 1),
        ElementType("F8_E5M2FNUZ", .f8E5M2FNUZ, 1, 1), ElementType("F6_E2M3", .packed, 4, 3),
        ElementType("F6_E3M2", .packed, 4, 3), ElementType("F4", .packed, 2, 1), ElementType("C64", .c64, 1, 8),
        ElementType("I64", .i64, 1, 8), ElementType("I32", .i32, 1, 4), ElementType("I16", .i16, 1, 2),
        ElementType("I8", .i8, 1, 1), ElementType("U64", .u64, 1, 8), ElementType("U32", .u32, 1, 4),
        ElementType("U16", .u16, 1, 2), ElementType("U8", .u8, 1, 1), ElementType("BOOL", .bool, 1, 1),
    ]

    /// The type that safetensors spells `name`; `nil` for an unknown one.
    package init?(safetensors name: String) {
        guard let type = Self.safetensors.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// The type of tensors that are computed with.
    package init(_ dtype: DType) { self = Self.safetensors.first { $0.name == dtype.rawValue }! }

    /// The same type for computing; `nil` where there is none.
    package var dtype: DType? { DType(rawValue: name) }

    /// Bytes of a tensor, row-major; `nil` where the shape is no whole number of blocks, or when any partial product is
    /// beyond `Int`, even where a zero follows.
    package func byteCount(_ shape: [Int]) -> Int? {
        guard let count = Self.count(shape), count % elementsPerBlock == 0 else { return nil }
        let bytes = (count / elementsPerBlock).multipliedReportingOverflow(by: bytesPerBlock)
        return bytes.overflow ? nil : bytes.partialValue
    }

    /// Elements of a shape; `nil` when any partial product is beyond `Int`.
    package static func count(_ shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let product = count.multipliedReportingOverflow(by: extent)
            guard !product.overflow else { return nil }
            count = product.partialValue
        }
        return count
    }
}
