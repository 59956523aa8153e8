import Digests
import Tensors

extension Checkpoint {
    /// The weights that an adapter comes to: scale · B·A of each module as Float32, or, where there is a base, the base's
    /// weights with that added, in the base's element types. A checkpoint that is no adapter stays as it is, which makes
    /// sense beside a base only.
    ///
    /// Products and sums are `LowRankProduct`'s, rounded once to Float32, once more to a narrower type; another
    /// program's merged weights are a few ULP away. A Float64 base is taken as Float32.
    /// - Throws: `CheckpointError` (`adapter`).
    public func effective(on base: Checkpoint?) throws -> Checkpoint {
        guard let adapter = try LowRankAdapter(self) else {
            guard base != nil else {
                throw CheckpointError(
                    .adapter, file: path, "no adapter: none of its tensors is named as LoRA's are",
                    expected: "lora_A and lora_B, lora_down and lora_up, or lora.down and lora.up")
            }
            return self
        }
        let scales = Set(adapter.modules.map(\.scale)).sorted().map { "\($0)" }
        let what = "LoRA of \(adapter.modules.count) modules, scale \(scales.prefix(3).joined(separator: ", "))"
        let path = self.path
        guard let base else {
            return try Checkpoint(
                path: path, container: what,
                tensors: adapter.modules.map { module in
                    CheckpointTensor(
                        name: module.name + ".weight", type: ElementType(safetensors: "F32")!, shape: module.shape,
                        source: .made { try module.weights(added: nil, path: path) })
                })
        }
        let names = ModuleNames(base.tensors.map(\.name))
        var added: [String: LowRankAdapter.Module] = [:]
        for module in adapter.modules {
            guard let name = names.weight(of: module.name), let weight = base[name] else {
                throw CheckpointError(
                    .adapter, file: path, tensor: module.name, "the base has no weight of this module",
                    expected: "\(module.name).weight in \(base.path)")
            }
            guard weight.count == module.shape.reduce(1, *), weight.shape.first == module.shape.first else {
                throw CheckpointError(
                    .adapter, file: path, tensor: module.name, "of another shape than the base's weight",
                    expected: "\(weight.shape)", found: "\(module.shape)")
            }
            added[name] = module
        }
        return try Checkpoint(
            path: path, container: base.container,
            tensors: base.tensors.map { weight in
                guard let module = added[weight.name] else { return weight }
                return CheckpointTensor(
                    name: weight.name, type: weight.type, shape: weight.shape,
                    source: .made { try module.weights(added: weight, path: path) })
            }, metadata: base.metadata)
    }
}

extension LowRankAdapter.Module {
    /// scale · B·A, or `base` + scale · B·A in the base's type.
    fileprivate func weights(added base: CheckpointTensor?, path: String) throws -> Storage {
        let (a, b) = (try LowRankAdapter.floats(down, path), try LowRankAdapter.floats(up, path))
        let (rows, columns) = (up.shape[0], down.shape.dropFirst().reduce(1, *))
        var result =
            try base.map { try LowRankAdapter.floats($0, path) } ?? [Float](repeating: 0, count: rows * columns)
        LowRankProduct(rank: rank, rows: rows, columns: columns, scale: scale).add(up: b, down: a, to: &result)
        let type = base?.type ?? ElementType(safetensors: "F32")!
        let storage = Storage(byteCount: rows * columns * type.bytesPerBlock)
        for (index, value) in result.enumerated() {
            switch type.numbers {
            case .f16:
                storage.base.storeBytes(
                    of: FloatConversion.float16Bits(f32: value.bitPattern), toByteOffset: index * 2, as: UInt16.self)
            case .bf16:
                storage.base.storeBytes(
                    of: FloatConversion.bfloat16Bits(f32: value.bitPattern), toByteOffset: index * 2, as: UInt16.self)
            case .f64: storage.base.storeBytes(of: Double(value), toByteOffset: index * 8, as: Double.self)
            default: storage.base.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
            }
        }
        return storage
    }
}
