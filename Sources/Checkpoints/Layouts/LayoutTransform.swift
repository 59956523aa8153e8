import Compute

/// How a tensor in the common form (the present names of diffusers and transformers) lies in a stored tensor.
package enum LayoutTransform: Sendable, Equatable {
    /// As it is.
    case same
    /// Stored as a convolution [out, in, 1, 1], in common a matrix [out, in]; one that is stored as a matrix is taken too.
    case squeezed
    /// Stored as [in, out], in common [out, in].
    case transposed
    /// Rows of a joined tensor: part `part` of `parts` equal ones.
    case rows(part: Int, of: Int)

    /// The stored tensor, or the part of it, in the common form under a name. Nothing is read; what need not be moved stays
    /// in its file.
    /// - Throws: `CheckpointError` (`shape`) where it cannot lie so.
    func common(_ stored: CheckpointTensor, named name: String, file: String) throws -> CheckpointTensor {
        func fault(_ expected: String) -> CheckpointError {
            CheckpointError(
                .shape, file: file, tensor: stored.name, "of another shape than its name says", expected: expected,
                found: "\(stored.type.name) \(stored.shape)")
        }
        switch self {
        case .same: return stored.named(name)
        case .squeezed:
            guard stored.shape.count > 2 else { return stored.named(name) }
            guard stored.shape.dropFirst(2).allSatisfy({ $0 == 1 }) else { throw fault("[out, in, 1, 1] or [out, in]") }
            return stored.relaid(name, shape: Array(stored.shape.prefix(2)))
        case .transposed:
            guard stored.shape.count == 2, stored.count > 0, stored.type.elementsPerBlock == 1 else {
                throw fault("[in, out]")
            }
            return stored.transposed(named: name)
        case .rows(let part, let parts):
            guard let rows = stored.shape.first, rows % parts == 0, stored.count > 0, stored.type.elementsPerBlock == 1
            else {
                throw fault("rows of \(parts) equal parts")
            }
            return stored.rows(rows / parts * part..<rows / parts * (part + 1), named: name)
        }
    }

    /// The place of an element in the stored tensor, row-major, from its place in the common form.
    package func storedIndex(_ index: Int, common shape: [Int]) -> Int {
        switch self {
        case .same, .squeezed: index
        case .transposed: index % shape[1] * shape[0] + index / shape[1]
        case .rows(let part, _): part * shape.reduce(1, *) + index
        }
    }
}

extension CheckpointTensor {
    /// A convolution [out, in, 1, 1] as the matrix [out, in] that it is; all else as it is.
    package var asMatrix: CheckpointTensor {
        guard shape.count > 2, shape.dropFirst(2).allSatisfy({ $0 == 1 }) else { return self }
        return relaid(name, shape: Array(shape.prefix(2)))
    }

    /// The same bytes under another name and shape of as many elements.
    func relaid(_ name: String, shape: [Int]) -> CheckpointTensor {
        CheckpointTensor(name: name, type: type, shape: shape, source: source)
    }

    /// Some of the rows. What is in a file or in memory stays there.
    func rows(_ range: Range<Int>, named name: String) -> CheckpointTensor {
        let shape = [range.count] + self.shape.dropFirst()
        let rowBytes = shape.dropFirst().reduce(type.bytesPerBlock, *)
        let (skipped, size) = (range.lowerBound * rowBytes, range.count * rowBytes)
        let part: Source
        switch source {
        case .file(let file, let offset): part = .file(file, offset: offset + skipped)
        case .memory(let storage, let offset): part = .memory(storage, offset: offset + skipped)
        case .made:
            part = .made { [self] in
                let result = Storage(byteCount: size)
                try bytes().read(skipped..<skipped + size, into: result.base)
                return result
            }
        }
        return CheckpointTensor(name: name, type: type, shape: shape, source: part)
    }

    /// The matrix with its axes exchanged: made for each reading, both in memory meanwhile.
    func transposed(named name: String) -> CheckpointTensor {
        let (rows, columns, size) = (shape[0], shape[1], type.bytesPerBlock)
        return CheckpointTensor(
            name: name, type: type, shape: [columns, rows],
            source: .made { [self] in
                let (own, result) = (Storage(byteCount: byteCount), Storage(byteCount: byteCount))
                try bytes().read(0..<byteCount, into: own.base)
                let (from, to) = (own.base, result.base)
                for row in 0..<rows {
                    for column in 0..<columns {
                        (to + (column * rows + row) * size).copyMemory(
                            from: from + (row * columns + column) * size, byteCount: size)
                    }
                }
                return withExtendedLifetime(own) { result }
            })
    }

    /// Tensors one below the other, of one type and of equal shapes but for the rows: made for each reading.
    static func joined(_ parts: [CheckpointTensor], named name: String) -> CheckpointTensor {
        CheckpointTensor(
            name: name, type: parts[0].type,
            shape: [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst(),
            source: .made {
                let result = Storage(byteCount: parts.reduce(0) { $0 + $1.byteCount })
                var place = 0
                for part in parts {
                    try part.bytes().read(0..<part.byteCount, into: result.base + place)
                    place += part.byteCount
                }
                return result
            })
    }
}
