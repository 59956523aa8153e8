import Compute
import Core

/// What computing asks of a checkpoint: tensors by their names, of the shape that they must have, as numbers.
extension Checkpoint {
    /// Tensors in memory as they are now; a network that is built from them shares their storage.
    package init(inMemory tensors: [(name: String, tensor: Tensor)]) throws {
        try self.init(
            path: "weights in memory", container: "memory",
            tensors: tensors.map { CheckpointTensor(name: $0.name, $0.tensor) })
    }

    /// All names, in byte order of their UTF-8.
    package var names: [String] { tensors.map(\.name) }

    /// Whether there is a tensor of that name.
    package func contains(_ name: String) -> Bool { self[name] != nil }

    /// How the numbers come into memory as Float32, in words; floating-point tensors are taken to have one type.
    package var residence: String {
        let floats: Set<ElementType.Numbers> = [.f64, .f32, .f16, .bf16]
        let type = tensors.first { floats.contains($0.type.numbers) }?.type.name ?? "F32"
        return type == "F32" ? "mapped from the file" : "read from \(type)"
    }

    /// The text of that key among the metadata.
    package func metadata(_ key: String) -> String? { metadata.first { utf8Equal($0.key, key) }?.value }

    /// What is known of a tensor.
    /// - Parameters:
    ///   - name: its name.
    ///   - shape: the shape it must have; `nil` takes any.
    /// - Throws: `CheckpointError`: `missingTensor` with the nearest name, or `shape` with both shapes.
    @discardableResult
    package func require(named name: String, shape: [Int]? = nil) throws -> CheckpointTensor {
        guard let tensor = self[name] else {
            throw CheckpointError(
                .missingTensor, file: path, tensor: name, "there is no such tensor",
                hint: NearestName.among(names, to: name).map { "the nearest name is \"\($0)\"" }
                    ?? "the file holds \(tensors.count) tensors")
        }
        if let shape, shape != tensor.shape {
            throw CheckpointError(
                .shape, file: path, tensor: name, "wrong shape", expected: "\(shape)", found: "\(tensor.shape)",
                hint: "the configuration and the weights are of different models")
        }
        return tensor
    }

    /// The tensor in its own element type, to be read only: a view of the mapped file where its bytes lie there in
    /// order and aligned, else a copy.
    /// - Throws: `CheckpointError` (`missingTensor`; `dtype` for a type that nothing is computed in; `unreadable`).
    package func tensor(named name: String) throws -> Tensor { try numbers(of: require(named: name)) }

    /// The tensor as Float32: F32 shares storage with the file, F16 and BF16 widen exactly, F64 is rounded to nearest.
    /// - Parameters:
    ///   - name: its name.
    ///   - shape: the shape it must have; `nil` takes any.
    /// - Throws: `CheckpointError`: `missingTensor`, `shape`, or `dtype` when it holds integers or packed numbers.
    package func float32(named name: String, shape: [Int]? = nil) throws -> Tensor {
        let tensor = try require(named: name, shape: shape)
        let numbers = try numbers(of: tensor)
        guard let result = FloatConversion.float32(numbers) else {
            throw CheckpointError(
                .dtype, file: path, tensor: name, "not floating-point", expected: "F32, F16, BF16 or F64",
                found: tensor.type.name)
        }
        // Else a model of halves would be there twice, as it lies in its file and widened.
        if case .file(let file, let offset) = tensor.source, result.storage !== (try file.mapped()) {
            file.release(offset..<offset + tensor.byteCount)
        }
        return result
    }

    /// Looks at every floating-point tensor for infinities and NaN; names in order, the first one found is named.
    /// - Throws: `CheckpointError` (`nonFinite`, and as `tensor(named:)`).
    package func requireFinite() throws {
        for tensor in tensors {
            guard let found = firstNonFinite(try numbers(of: tensor)) else { continue }
            throw CheckpointError(
                .nonFinite, file: path, tensor: tensor.name, "not a finite number", found: "\(found)")
        }
    }

    private func numbers(of tensor: CheckpointTensor) throws -> Tensor {
        if let numbers = try tensor.numbers() { return numbers }
        throw CheckpointError(
            .dtype, file: path, tensor: tensor.name, "unsupported element type",
            expected: "one of " + DType.allCases.map(\.rawValue).joined(separator: ", "), found: tensor.type.name,
            hint: tensor.type.numbers == .packed
                ? "quantised weights are compared and digested; train on those that they were made from" : nil)
    }
}

extension CheckpointTensor {
    /// A tensor in memory under a name.
    package init(name: String, _ tensor: Tensor) {
        self.init(
            name: name, type: ElementType(tensor.dtype), shape: tensor.shape,
            source: .memory(tensor.storage, offset: tensor.offset))
    }

    /// The numbers, for computing; `nil` for a type that nothing is computed in. - Throws: what reading them throws.
    fileprivate func numbers() throws -> Tensor? {
        guard let dtype = type.dtype else { return nil }
        let (storage, offset) =
            switch source {
            case .file(let file, let offset): (try file.mapped(), offset)
            case .memory(let storage, let offset): (storage, offset)
            case .made(let make): (try make(), 0)
            }
        guard case .host(let base) = storage.residence, Int(bitPattern: base + offset) % dtype.byteCount != 0 else {
            return Tensor(shape: shape, dtype: dtype, storage: storage, offset: offset)
        }
        let copy = Tensor(uninitialized: shape, dtype: dtype)
        copy.storage.base.copyMemory(from: base + offset, byteCount: byteCount)
        return copy
    }
}
