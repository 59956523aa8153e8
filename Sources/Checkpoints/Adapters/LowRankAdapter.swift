import Compute
import Core

/// A low-rank adapter (LoRA, Hu et al. 2021, eq. 3): for each module two matrices A [rank, in] and B [out, rank], which
/// add scale · B·A to the module's weight.
///
/// The scale is alpha / rank: alpha is a tensor of the module (kohya), or stands in the configuration beside the file or
/// in its header (PEFT, diffusers); where nothing is said it is the rank, as all of them take it.
struct LowRankAdapter {
    /// The matrices of a module.
    struct Module {
        /// The module's name as the adapter spells it, without prefixes that mean nothing.
        let name: String
        let down: CheckpointTensor
        let up: CheckpointTensor
        /// What is added to the layer's bias, times the scale.
        let bias: CheckpointTensor?
        /// The lengths that the rows of the base's weight with B·A in it are brought to (DoRA, Liu et al. 2024, eq. 5).
        let magnitude: CheckpointTensor?
        let scale: Double
        let orientation: Orientation

        /// Extents of B·A.
        var shape: [Int] { [up.shape[0]] + down.shape.dropFirst() }
        var rank: Int { down.shape[0] }
    }

    /// How B·A lies in the weight.
    enum Orientation {
        /// As the layer's kind has it, [out, in …]; where that is said, or not said at all.
        case outFirst(isSaid: Bool)
        /// [in, out]: `fan_in_fan_out`.
        case inFirst
        /// An embedding's: always transposed.
        case embedding
    }

    /// Its name, where the file gives it one.
    let name: String?
    /// The modules, in byte order of their names.
    let modules: [Module]
    /// Tensors that take the place of the base's, as the base names them.
    let saved: [CheckpointTensor]
    /// What has to be done to the base before.
    let baseChange: AdapterConfiguration.BaseChange?
    /// Whether anything says what the scale is.
    let isScaleSaid: Bool

    /// The tensors of one module.
    private typealias Parts = [AdapterTensorName.Part: CheckpointTensor]

    /// The adapters of a checkpoint, in byte order of their names; none where nothing in it is an adapter's.
    /// - Throws: `CheckpointError` (`adapter`, `dtype`) where tensors do not go together, where two stand for one, or where
    ///   a name or a key of the configuration is of a kind that is not understood.
    static func adapters(in checkpoint: Checkpoint) throws -> [LowRankAdapter] {
        let configurations = try AdapterConfigurations(checkpoint)
        guard configurations.isAdapter || checkpoint.tensors.contains(where: { AdapterTensorName.isAdapters($0.name) })
        else { return [] }
        var found: [String?: [String: Parts]] = [:]
        var alphas: [String: CheckpointTensor] = [:]
        var saved: [CheckpointTensor] = []
        for tensor in checkpoint.tensors {
            guard let name = AdapterTensorName(tensor.name) else {
                guard let own = try configurations.saved(tensor) else {
                    throw fault(
                        checkpoint, tensor.name, "not a part of a LoRA adapter that is understood",
                        expected: "lora_A, lora_B or alpha, as PEFT, diffusers or kohya name them")
                }
                saved.append(own)
                continue
            }
            let other =
                name.part == .alpha
                ? alphas.updateValue(tensor, forKey: name.module)
                : found[name.adapter, default: [:]][name.module, default: [:]].updateValue(tensor, forKey: name.part)
            if let other {
                throw fault(
                    checkpoint, tensor.name, "stands for the same as another tensor", found: "\"\(other.name)\"")
            }
        }
        if let orphan = alphas.keys.sorted(by: utf8Less).first(where: { name in
            !found.values.contains { $0[name] != nil }
        }) {
            throw fault(checkpoint, alphas[orphan]!.name, "an alpha of no module")
        }
        guard !found.isEmpty else {
            throw fault(checkpoint, nil, "an adapter without a matrix", expected: "lora_A and lora_B")
        }
        return try found.sorted { utf8Less($0.key ?? "", $1.key ?? "") }.map { name, modules in
            try LowRankAdapter(
                name: name, checkpoint: checkpoint, modules: modules, alphas: alphas, saved: saved,
                configurations: configurations)
        }
    }

    private init(
        name: String?, checkpoint: Checkpoint, modules: [String: Parts], alphas: [String: CheckpointTensor],
        saved: [CheckpointTensor], configurations: AdapterConfigurations
    ) throws {
        self.name = name
        self.saved = saved
        baseChange = try configurations.baseChange(of: modules.keys.sorted(by: utf8Less))
        isScaleSaid = configurations.isAdapter || !alphas.isEmpty
        self.modules = try modules.sorted { utf8Less($0.key, $1.key) }.map { module, parts in
            try Self.module(module, parts, alpha: alphas[module], configurations, checkpoint)
        }
        try Self.requireDistinct(self.modules, checkpoint)
    }

    private static func fault(
        _ checkpoint: Checkpoint, _ tensor: String?, _ problem: String, expected: String? = nil, found: String? = nil
    ) -> CheckpointError {
        CheckpointError(.adapter, file: checkpoint.path, tensor: tensor, problem, expected: expected, found: found)
    }

    private static func module(
        _ name: String, _ parts: Parts, alpha: CheckpointTensor?, _ configurations: AdapterConfigurations,
        _ checkpoint: Checkpoint
    ) throws -> Module {
        let isEmbedding = parts[.embeddingDown] != nil || parts[.embeddingUp] != nil
        let (downPart, upPart) = isEmbedding ? (parts[.embeddingDown], parts[.embeddingUp]) : (parts[.down], parts[.up])
        guard let down = downPart, let up = upPart, !isEmbedding || parts[.down] == nil && parts[.up] == nil else {
            let lone = parts.values.map(\.name).sorted(by: utf8Less).first ?? name
            throw fault(checkpoint, lone, "its other matrix is missing")
        }
        guard down.shape.count >= 2, up.shape.count >= 2, down.shape[0] > 0, up.shape[1] == down.shape[0],
            up.shape.dropFirst(2).allSatisfy({ $0 == 1 })
        else {
            throw fault(
                checkpoint, up.name, "the matrices do not fit", expected: "[out, rank] on [rank, in], rank at least 1",
                found: "\(up.shape) on \(down.shape)")
        }
        if let bias = parts[.bias], bias.shape != [up.shape[0]] {
            throw fault(
                checkpoint, bias.name, "of another shape than the matrix", expected: "[\(up.shape[0])]",
                found: "\(bias.shape)")
        }
        if let magnitude = parts[.magnitude], isEmbedding || magnitude.count != up.shape[0] {
            throw fault(
                checkpoint, magnitude.name, "does not fit the matrix", expected: "\(up.shape[0]) numbers",
                found: "\(magnitude.shape)")
        }
        let rank = down.shape[0]
        let configuration = configurations.configuration(of: name)
        guard configuration != nil || !configurations.isAdapter else {
            throw fault(checkpoint, down.name, "the configuration in the header says nothing of its component")
        }
        if let said = try configuration?.values.rank(of: configuration!.module), said != rank {
            throw fault(
                checkpoint, down.name, "of another rank than its configuration says", expected: "\(said)",
                found: "\(rank)")
        }
        if let said = try configuration?.values.isDecomposed(), said != (parts[.magnitude] != nil) {
            throw fault(
                checkpoint, (parts[.magnitude] ?? down).name, "use_dora and lora_magnitude_vector go together",
                expected: said ? "lora_magnitude_vector" : "use_dora", found: "one alone")
        }
        let divisor = try configuration?.values.isStabilized() == true ? Double(rank).squareRoot() : Double(rank)
        var scale = try configuration.map { try $0.values.alpha(of: $0.module) / divisor }
        if let alpha {
            let own = try Self.alpha(alpha, checkpoint) / divisor
            if let scale, scale != own {
                throw fault(
                    checkpoint, alpha.name, "another alpha than the configuration's", expected: "\(scale * divisor)",
                    found: "\(own * divisor)")
            }
            scale = own
        }
        let isFanInFirst = try configuration?.values.isFanInFirst()
        return Module(
            name: name, down: down, up: up, bias: parts[.bias], magnitude: parts[.magnitude], scale: scale ?? 1,
            orientation: isEmbedding
                ? .embedding : isFanInFirst == true ? .inFirst : .outFirst(isSaid: isFanInFirst != nil))
    }

    /// kohya's alpha: a number of any type. Where it is 0, kohya takes the rank and diffusers takes 0.
    private static func alpha(_ tensor: CheckpointTensor, _ checkpoint: Checkpoint) throws -> Double {
        guard tensor.count == 1, let dtype = tensor.type.dtype else {
            throw fault(checkpoint, tensor.name, "not one number", found: "\(tensor.type.name) \(tensor.shape)")
        }
        let own = Tensor(uninitialized: [1], dtype: dtype)
        try tensor.bytes().read(0..<tensor.byteCount, into: own.storage.base)
        let value: Double
        switch dtype {
        case .i64: value = Double(own.bytes.loadUnaligned(as: Int64.self))
        case .i32: value = Double(own.bytes.loadUnaligned(as: Int32.self))
        case .f64: value = own.bytes.loadUnaligned(as: Double.self)
        default: value = Double(try floats(tensor, checkpoint.path)[0])
        }
        guard value.isFinite, value != 0 else {
            throw fault(
                checkpoint, tensor.name, "no alpha that all programs understand alike",
                expected: "a finite number but 0",
                found: "\(value)")
        }
        return value
    }

    /// Refuses two modules whose names differ in a prefix, or in dots for underscores, and mean one weight.
    private static func requireDistinct(_ modules: [Module], _ checkpoint: Checkpoint) throws {
        var names: [String: String] = [:]
        for module in modules.sorted(by: { $0.name.contains(".") && !$1.name.contains(".") }) {
            let core = ModuleNames.core(module.name)
            let flat = ModuleNames.flat(core)
            // A name without dots is kohya's: any of the others may be the same.
            let other = names[core] ?? (module.name.contains(".") ? nil : names["=" + flat])
            if let other {
                throw fault(
                    checkpoint, module.name, "two modules of the adapter are one weight", found: "\"\(other)\" besides")
            }
            names[core] = module.name
            names["=" + flat] = module.name
        }
    }

    /// A tensor's numbers as Float32.
    static func floats(_ tensor: CheckpointTensor, _ path: String) throws -> [Float] {
        guard let floats = FloatConversion.float32(try own(tensor, path)) else { throw notFloat(tensor, path) }
        return floats.floats
    }

    /// A tensor's numbers as Float64.
    static func doubles(_ tensor: CheckpointTensor, _ path: String) throws -> [Double] {
        guard tensor.type.numbers == .f64 else { return try floats(tensor, path).map(Double.init) }
        let own = try own(tensor, path)
        return (0..<own.count).map { own.bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
    }

    private static func own(_ tensor: CheckpointTensor, _ path: String) throws -> Tensor {
        guard let dtype = tensor.type.dtype else { throw notFloat(tensor, path) }
        let own = Tensor(uninitialized: tensor.shape, dtype: dtype)
        try tensor.bytes().read(0..<tensor.byteCount, into: own.storage.base)
        return own
    }

    private static func notFloat(_ tensor: CheckpointTensor, _ path: String) -> CheckpointError {
        CheckpointError(
            .dtype, file: path, tensor: tensor.name, "not floating-point", expected: "F32, F16, BF16 or F64",
            found: tensor.type.name)
    }
}
