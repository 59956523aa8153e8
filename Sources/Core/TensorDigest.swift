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
        var stream = SHA256Stream(tensor: name, dtype: dtype, shape: shape, byteCount: byteCount)
        var count = 0
        try body { piece in
            stream.update(piece)
            count += piece.count
        }
        precondition(count == byteCount, "tensor \(name): \(count) of \(byteCount) bytes")
        return stream.finalize()
    }
}

extension SHA256Stream {
    /// A stream that has taken all of a tensor's digest but its bytes.
    fileprivate init(tensor name: String, dtype: String, shape: [Int], byteCount: Int) {
        self.init(domain: .tensor)
        update(lengthPrefixed: name)
        update(lengthPrefixed: dtype)
        update(word: UInt64(shape.count))
        for dimension in shape {
            precondition(dimension >= 0, "tensor \(name): negative dimension \(dimension)")
            update(word: UInt64(dimension))
        }
        update(word: UInt64(byteCount))
    }
}

/// The digest of a tensor whose bytes come by and by, between those of others: many can be under way at a time.
package final class TensorDigestStream {
    private var stream: SHA256Stream?

    /// Before the first of `byteCount` bytes.
    package init(name: String, dtype: String, shape: [Int], byteCount: Int) {
        stream = SHA256Stream(tensor: name, dtype: dtype, shape: shape, byteCount: byteCount)
    }

    /// Takes the next bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) { stream?.update(bytes) }

    /// The digest, after all bytes; it can be asked for once.
    package func finalize() -> Digest {
        guard let all = stream.take() else { preconditionFailure("the digest was made already") }
        return all.finalize()
    }
}
