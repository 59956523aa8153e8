import Compute

/// A tensor that is written in another element type, or in its own.
struct ConvertedTensor {
    let tensor: CheckpointTensor
    let dtype: DType

    /// The tensor in `dtype` where it has floating-point numbers, and where nil is no wish.
    /// - Throws: `CheckpointError` (`dtype`) for a type that is not written.
    init(_ tensor: CheckpointTensor, as wish: DType?, file: String) throws {
        guard let own = tensor.type.dtype else {
            throw CheckpointError(
                .dtype, file: file, tensor: tensor.name, "of a type that is not converted",
                expected: DType.allCases.map(\.rawValue).joined(separator: ", "), found: tensor.type.name,
                hint: tensor.type.numbers == .packed ? "convert what the quantised weights were made from" : nil)
        }
        self.tensor = tensor
        dtype = [.f64, .f32, .f16, .bf16].contains(own) ? wish ?? own : own
    }

    /// The numbers, in memory as long as the result is.
    /// - Throws: `CheckpointError`: `nonFinite` where a number is beyond the range of the type; what reading throws.
    func made(file: String) throws -> Tensor {
        let own = Tensor(uninitialized: tensor.shape, dtype: tensor.type.dtype!)
        try tensor.bytes().read(0..<tensor.byteCount, into: own.storage.base)
        guard own.dtype != dtype, let wide = FloatConversion.float32(own) else { return own }
        let result = dtype == .f16 ? FloatConversion.float16(wide) : wide
        if let found = firstNonFinite(result), firstNonFinite(own) == nil {
            throw CheckpointError(
                .nonFinite, file: file, tensor: tensor.name, "beyond the range of \(dtype.rawValue)",
                expected: dtype == .f16 ? "at most 65504" : "a number of Float32", found: "\(found)",
                hint: "convert with --dtype f32, or leave --dtype out")
        }
        return result
    }
}
