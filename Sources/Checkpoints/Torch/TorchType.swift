/// An element type of PyTorch, by its name there.
enum TorchType: String, CaseIterable {
    case float64, float32, float16, bfloat16
    case int64, int32, int16, int8, uint64, uint32, uint16, uint8, bool
    case complex128, complex64, complex32, bcomplex32
    case float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz, float8_e8m0fnu
    /// Two numbers in a byte, which counts as one element.
    case float4_e2m1fn_x2

    /// The class under `torch.` of the storages that hold it; the newer types have none.
    var storageClass: String? {
        switch self {
        case .float64: "DoubleStorage"
        case .float32: "FloatStorage"
        case .float16: "HalfStorage"
        case .bfloat16: "BFloat16Storage"
        case .int64: "LongStorage"
        case .int32: "IntStorage"
        case .int16: "ShortStorage"
        case .int8: "CharStorage"
        case .uint8: "ByteStorage"
        case .bool: "BoolStorage"
        case .complex64: "ComplexFloatStorage"
        case .complex128: "ComplexDoubleStorage"
        default: nil
        }
    }

    /// The same type as checkpoints name it, by safetensors' names where it has one there.
    var element: ElementType {
        let (name, size) = spelling
        return ElementType(safetensors: name) ?? ElementType(packed: name, elementsPerBlock: 1, bytesPerBlock: size)
    }

    /// Bytes of an element.
    var byteCount: Int { spelling.size }

    private var spelling: (name: String, size: Int) {
        switch self {
        case .float64: ("F64", 8)
        case .float32: ("F32", 4)
        case .float16: ("F16", 2)
        case .bfloat16: ("BF16", 2)
        case .int64: ("I64", 8)
        case .int32: ("I32", 4)
        case .int16: ("I16", 2)
        case .int8: ("I8", 1)
        case .uint64: ("U64", 8)
        case .uint32: ("U32", 4)
        case .uint16: ("U16", 2)
        case .uint8: ("U8", 1)
        case .bool: ("BOOL", 1)
        case .complex128: ("C128", 16)
        case .complex64: ("C64", 8)
        case .complex32: ("C32", 4)
        case .bcomplex32: ("BC32", 4)
        case .float8_e4m3fn: ("F8_E4M3", 1)
        case .float8_e5m2: ("F8_E5M2", 1)
        case .float8_e4m3fnuz: ("F8_E4M3FNUZ", 1)
        case .float8_e5m2fnuz: ("F8_E5M2FNUZ", 1)
        case .float8_e8m0fnu: ("F8_E8M0", 1)
        case .float4_e2m1fn_x2: ("F4X2", 1)
        }
    }
}
