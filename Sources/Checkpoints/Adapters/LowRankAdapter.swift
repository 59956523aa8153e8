import Digests
import Tensors

/// A low-rank adapter (LoRA, Hu et al. 2021, eq. 3): for each module two matrices A [rank, in] and B [out, rank], which
/// add scale · B·A to the module's weight.
///
/// Names are understood as PEFT (`lora_A`, `lora_B`), diffusers (`lora.down`, `lora.up`) and kohya (`lora_down`,
/// `lora_up`, `alpha`) write them. The scale is alpha / rank: alpha is a tensor of the module or `lora_alpha` in
/// `adapter_config.json`, and the rank where neither is there.
struct LowRankAdapter {
    /// The two matrices of a module.
    struct Module {
        /// The module's name as the adapter spells it, without prefixes that mean nothing.
        let name: String
        let down: CheckpointTensor
        let up: CheckpointTensor
        let scale: Double

        /// Extents of the weight that they add up to.
        var shape: [Int] { [up.shape[0]] + down.shape.dropFirst() }
        var rank: Int { down.shape[0] }
    }

    /// The modules, in byte order of their names.
    let modules: [Module]

    private static let downMarks = [".lora_A", ".lora_down", ".lora.down", "_lora.down"]
    private static let upMarks = [".lora_B", ".lora_up", ".lora.up", "_lora.up"]

    /// The adapter in a checkpoint; `nil` where no tensor is named as one.
    /// - Throws: `CheckpointError` where tensors do not go together or are of a kind that is not understood.
    init?(_ checkpoint: Checkpoint) throws {
        func fault(_ tensor: String, _ problem: String, expected: String? = nil, found: String? = nil)
            -> CheckpointError
        {
            CheckpointError(
                .adapter, file: checkpoint.path, tensor: tensor, problem, expected: expected, found: found)
        }
        var parts: [String: (down: CheckpointTensor?, up: CheckpointTensor?)] = [:]
        var alphas: [String: Double] = [:]
        var others: [String] = []
        for tensor in checkpoint.tensors {
            if let module = Self.module(tensor.name, Self.downMarks) {
                parts[module, default: (nil, nil)].down = tensor
            } else if let module = Self.module(tensor.name, Self.upMarks) {
                parts[module, default: (nil, nil)].up = tensor
            } else if tensor.name.hasSuffix(".alpha"), tensor.count == 1 {
                alphas[Self.bare(String(tensor.name.dropLast(6)))] = Double(try Self.floats(tensor, checkpoint.path)[0])
            } else {
                others.append(tensor.name)
            }
        }
        guard !parts.isEmpty else { return nil }
        if let other = others.first {
            throw fault(other, "not a part of a LoRA adapter that is understood", expected: "lora_A, lora_B or alpha")
        }
        let config = try Config(checkpoint)
        modules = try parts.sorted { utf8Less($0.key, $1.key) }.map { name, pair in
            guard let down = pair.down, let up = pair.up else {
                throw fault((pair.down ?? pair.up)!.name, "its other matrix is missing")
            }
            guard down.shape.count >= 2, up.shape.count >= 2, down.shape[0] > 0, up.shape[1] == down.shape[0],
                up.shape.dropFirst(2).allSatisfy({ $0 == 1 })
            else {
                throw fault(
                    up.name, "the matrices do not fit", expected: "[out, rank] on [rank, in]",
                    found: "\(up.shape) on \(down.shape)")
            }
            let rank = Double(down.shape[0])
            let alpha = alphas[name] ?? config.alpha ?? rank
            return Module(
                name: name, down: down, up: up, scale: alpha / (config.isStabilized ? rank.squareRoot() : rank))
        }
    }

    private static func module(_ name: String, _ marks: [String]) -> String? {
        for mark in marks {
            guard let place = name.firstRange(of: mark) else { continue }
            let rest = name[place.upperBound...]
            // `.weight`, or with the adapter's name between: `.default.weight`.
            if rest == ".weight" || rest == "" || rest.hasSuffix(".weight") && rest.first == "." {
                return bare(String(name[..<place.lowerBound]))
            }
        }
        return nil
    }

    private static func bare(_ name: String) -> String {
        let peft = "base_model.model."
        return (name.hasPrefix(peft) ? String(name.dropFirst(peft.count)) : name)
            .split(separator: ".").filter { $0 != "processor" }.joined(separator: ".")
    }

    /// A tensor's numbers as Float32.
    static func floats(_ tensor: CheckpointTensor, _ path: String) throws -> [Float] {
        guard let dtype = tensor.type.dtype else { throw notFloat(tensor, path) }
        let own = Tensor(uninitialized: tensor.shape, dtype: dtype)
        try tensor.bytes().read(0..<tensor.byteCount, into: own.storage.base)
        guard let floats = FloatConversion.float32(own) else { throw notFloat(tensor, path) }
        return floats.floats
    }

    private static func notFloat(_ tensor: CheckpointTensor, _ path: String) -> CheckpointError {
        CheckpointError(
            .dtype, file: path, tensor: tensor.name, "not floating-point", expected: "F32, F16, BF16 or F64",
            found: tensor.type.name)
    }

    /// What `adapter_config.json` says.
    private struct Config {
        var alpha: Double?
        var isStabilized = false

        init(_ checkpoint: Checkpoint) throws {
            for (key, value) in checkpoint.metadata {
                guard let name = key.split(separator: " ").last, key.contains("adapter_config.json: ") else { continue }
                switch name {
                case "lora_alpha": alpha = Double(value)
                case "use_rslora": isStabilized = value == "true"
                case "use_dora" where value == "true", "alpha_pattern" where value != "{}" && value != "null",
                    "rank_pattern" where value != "{}" && value != "null":
                    throw CheckpointError(
                        .adapter, file: checkpoint.path, "\(name) is not understood", expected: "plain LoRA",
                        found: value)
                default: continue
                }
            }
        }
    }
}
