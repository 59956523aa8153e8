import Compute
import Core

/// The weights that adapters come to: scale · B·A of each module, or, where there is a base, the base's weights with that
/// added, in the base's element types.
///
/// Products and sums are `LowRankProduct`'s, in Float64, rounded once to Float32, once more to a narrower type, and not at
/// all where one of the tensors is Float64; another program's merged weights are a few ULP away.
struct EffectiveWeights {
    let adapter: LowRankAdapter
    /// Where the adapter is, for errors.
    let path: String

    /// Two small matrices come to a product of any size; that of a layer has fewer bytes.
    private static let largest = 1 << 36

    /// The adapter by itself: as Float32, or Float64 where it is stored so.
    /// - Throws: `CheckpointError` (`adapter`).
    func alone() throws -> Checkpoint {
        if let change = adapter.baseChange {
            throw CheckpointError(
                .adapter, file: path, "init_lora_weights \(change.rawValue) changed the base",
                hint: "--base names the checkpoint that the adapter was made for")
        }
        if let module = adapter.modules.first(where: { $0.magnitude != nil }) {
            throw fault(
                module.name, "DoRA says how long the rows of the sum are",
                hint: "--base names the checkpoint that the adapter was made for")
        }
        var tensors = adapter.saved
        for module in adapter.modules {
            let sum = MergedWeight(module: module, base: nil, change: nil, path: path)
            guard let bytes = sum.type.byteCount(sum.shape), bytes <= Self.largest else {
                throw fault(module.name, "of more numbers than any layer has", found: "\(sum.shape)")
            }
            tensors.append(
                CheckpointTensor(
                    name: module.name + ".weight", type: sum.type, shape: sum.shape, source: .made { try sum.storage() }
                ))
            if let bias = module.bias {
                tensors.append(try scaled(bias, of: module, named: module.name + ".bias", onto: nil))
            }
        }
        return try Checkpoint(path: path, container: container, tensors: tensors)
    }

    /// What the adapter makes of `base`. A single file is taken in the form of its folder, by whose names modules are found, and
    /// so are joined tensors; buffers and all else stay.
    /// - Throws: `CheckpointError` (`adapter`) where a module has no weight in the base, or one of another shape, or where
    ///   it is open which it is.
    func merged(into base: Checkpoint) throws -> Checkpoint {
        let base = try base.inCommonForm()
        let names = ModuleNames(base.tensors.map(\.name))
        var made: [String: CheckpointTensor] = [:]
        var makers: [String: String] = [:]
        func put(_ tensor: CheckpointTensor, by module: String) throws {
            made[tensor.name] = tensor
            if let other = makers.updateValue(module, forKey: tensor.name) {
                throw fault(
                    module, "two modules of the adapter are one weight of the base",
                    found: "\"\(other)\" and \"\(module)\" for \(tensor.name)")
            }
        }
        let isMixed = try contradicts(base, names)
        for module in adapter.modules {
            let weight = try tensor(of: module.name, ".weight", base, names)
            let lies = try orientation(of: module, on: weight, isMixed: isMixed)
            let sum = MergedWeight(
                module: module, base: weight, isTransposed: lies, change: adapter.baseChange, path: path)
            try put(
                CheckpointTensor(
                    name: weight.name, type: weight.type, shape: weight.shape, source: .made { try sum.storage() }),
                by: module.name)
            if let bias = module.bias {
                let own = try tensor(of: module.name, ".bias", base, names)
                try put(try scaled(bias, of: module, named: own.name, onto: own), by: module.name)
            }
        }
        for tensor in adapter.saved {
            let place = tensor.name.lastIndex(of: ".") ?? tensor.name.endIndex
            let own = try self.tensor(of: String(tensor.name[..<place]), String(tensor.name[place...]), base, names)
            guard own.shape == tensor.shape else {
                throw fault(
                    tensor.name, "of another shape than the base's", expected: "\(own.shape)", found: "\(tensor.shape)")
            }
            try put(tensor.named(own.name), by: tensor.name)
        }
        return try Checkpoint(
            path: path, container: base.container, tensors: base.tensors.map { made[$0.name] ?? $0 },
            metadata: base.metadata)
    }

    private var container: String {
        let scales = Set(adapter.modules.map(\.scale)).sorted().prefix(3).map { "\($0)" }.joined(separator: ", ")
        let name = adapter.name.map { " \"\(ForeignText.shown($0))\"" } ?? ""
        return "LoRA\(name) of \(adapter.modules.count) modules, scale \(scales)"
            + (adapter.isScaleSaid ? "" : " as no alpha is stated")
    }

    private func fault(
        _ tensor: String, _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .adapter, file: path, tensor: tensor, problem, expected: expected, found: found, hint: hint)
    }

    private func tensor(
        of module: String, _ ending: String, _ base: Checkpoint, _ names: ModuleNames
    ) throws -> CheckpointTensor {
        let candidates = names.candidates(of: module, ending: ending)
        guard let name = candidates.first, let tensor = base[name] else {
            throw fault(
                module, "the base has no \(ending.dropFirst()) of this module",
                expected: "\(module)\(ending) in \(base.path)")
        }
        guard candidates.count == 1 else {
            throw fault(
                module, "it is open which of the base's tensors this module is of",
                found: candidates.joined(separator: ", "))
        }
        return tensor
    }

    // MARK: Orientation

    /// Whether B·A lies transposed in the weight. Where the configuration's word does not fit the shape and its contrary
    /// does, PEFT goes by the kind of layer, and so by the shape.
    private func orientation(
        of module: LowRankAdapter.Module, on weight: CheckpointTensor, isMixed: Bool
    ) throws -> Bool {
        let (fits, fitsTransposed) = (
            MergedWeight.fits(module.shape, weight.shape), Self.fitsTransposed(module, weight)
        )
        switch module.orientation {
        case .embedding where fitsTransposed: return true
        case .outFirst(let isSaid) where fits:
            guard isSaid, isMixed, fitsTransposed else { return false }
        case .outFirst(isSaid: true) where fitsTransposed: return true
        case .inFirst where fitsTransposed:
            guard isMixed, fits else { return true }
        case .inFirst where fits: return false
        default:
            let isInFirst = if case .inFirst = module.orientation { true } else { false }
            throw fault(
                module.name, "of another shape than the base's weight", expected: "\(weight.shape)",
                found: "\(isInFirst ? module.shape.reversed() : module.shape)",
                hint: fitsTransposed ? "fan_in_fan_out is nowhere set" : nil)
        }
        throw fault(
            module.name, "it is open whether fan_in_fan_out holds for this square weight",
            found: "weights of both kinds in the base")
    }

    private static func fitsTransposed(_ module: LowRankAdapter.Module, _ weight: CheckpointTensor) -> Bool {
        module.shape.count == 2 && weight.shape == module.shape.reversed()
    }

    /// Whether the shape of some weight says the contrary of the configuration.
    private func contradicts(_ base: Checkpoint, _ names: ModuleNames) throws -> Bool {
        try adapter.modules.contains { module in
            let weight = try tensor(of: module.name, ".weight", base, names)
            let (fits, other) = (MergedWeight.fits(module.shape, weight.shape), Self.fitsTransposed(module, weight))
            switch module.orientation {
            case .inFirst: return fits && !other
            case .outFirst: return other && !fits
            case .embedding: return false
            }
        }
    }

    // MARK: Biases

    /// scale · bias, or `base` with that added, in the base's type.
    private func scaled(
        _ bias: CheckpointTensor, of module: LowRankAdapter.Module, named name: String, onto base: CheckpointTensor?
    ) throws -> CheckpointTensor {
        if let base, base.shape != bias.shape {
            throw fault(
                bias.name, "of another shape than the base's", expected: "\(base.shape)", found: "\(bias.shape)")
        }
        let type = base?.type ?? MergedWeight.type(of: [bias])
        let (scale, path) = (module.scale, path)
        return CheckpointTensor(
            name: name, type: type, shape: bias.shape,
            source: .made {
                let added = try LowRankAdapter.doubles(bias, path)
                let own = try base.map { try LowRankAdapter.doubles($0, path) }
                return MergedWeight.storage(
                    added.indices.map { (own?[$0] ?? 0) + scale * added[$0] }, type)
            })
    }
}
