extension Digest {
    /// The digest of one named tensor.
    ///
    /// The payload after the tag `smpo/tensor/1` and its zero byte; every count and dimension is eight bytes,
    /// little-endian, so no two tensors share a payload:
    ///
    ///     count of the name's UTF-8 bytes, the name
    ///     count of the dtype's UTF-8 bytes, the dtype      (as safetensors spells it: "F32", "F16", "BF16", "I64", …)
    ///     rank, then each dimension                        (a scalar has rank 0)
    ///     count of the data bytes, the data                (row-major, little-endian)
    ///
    /// - Parameters:
    ///   - name: the tensor's name in the checkpoint, not normalised.
    ///   - dtype: the element type as safetensors spells it.
    ///   - shape: the dimensions, outermost first; none is negative.
    ///   - bytes: the raw elements.
    package static func tensor(
        name: String, dtype: String, shape: [Int], bytes: UnsafeRawBufferPointer
    ) -> Digest {
        tensor(name: name, dtype: dtype, shape: shape, byteCount: bytes.count) { append in append(bytes) }
    }

    /// The same of elements that come in pieces: `body` hands all of them to its argument, in order.
    /// - Throws: what `body` throws.
    package static func tensor(
        name: String, dtype: String, shape: [Int], byteCount: Int,
        _ body: (_ append: (UnsafeRawBufferPointer) -> Void) throws -> Void
    ) rethrows -> Digest {
        var stream = SHA256Stream(domain: .tensor)
        stream.update(lengthPrefixed: name)
        stream.update(lengthPrefixed: dtype)
        stream.update(word: UInt64(shape.count))
        for dimension in shape {
            precondition(dimension >= 0, "tensor \(name): negative dimension \(dimension)")
            stream.update(word: UInt64(dimension))
        }
        stream.update(word: UInt64(byteCount))
        var count = 0
        try body { piece in
            stream.update(piece)
            count += piece.count
        }
        precondition(count == byteCount, "tensor \(name): \(count) of \(byteCount) bytes")
        return stream.finalize()
    }
}
