import Core

/// What the configuration of a LoRA adapter says of its scale and of its base: `adapter_config.json` as PEFT writes it, or
/// the JSON text `lora_adapter_metadata` that diffusers writes into a safetensors header.
///
/// Every key is understood here, or means nothing for merged weights (`harmless`), or has to be empty: null, false, an
/// empty list or object. Any other is refused by its name.
struct AdapterConfiguration {
    /// How the base's weights were changed before the training (`init_lora_weights`).
    enum BaseChange: String {
        /// The adapter began as the base's largest singular vectors, which were taken from it (Meng et al. 2024).
        case pissa
        /// The adapter began as the first columns of the base's QR decomposition (Büyükakyüz 2024).
        case olora
    }

    private let values: JSONObject
    private let file: String
    /// What the keys stand in, for errors.
    private let source: String

    /// What is said about training, about which layers were chosen, and about where things came from.
    private static let harmless: Set = [
        "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
        "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "lora_dropout",
        // Biases that are kept are tensors of the file.
        "bias",
        // Beside `init_lora_weights`, `use_qalora` and `megatron_config`, which say whether they count.
        "loftq_config", "eva_config", "corda_config", "lora_ga_config", "qalora_group_size", "megatron_core",
        "runtime_config",
    ]
    private static let understood: Set = [
        "peft_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "fan_in_fan_out",
        "init_lora_weights", "modules_to_save", "lora_bias", "use_dora",
    ]
    /// Ways to begin that leave the base as it is.
    private static let plainBeginnings: Set = ["gaussian", "eva", "orthogonal", "mica"]

    /// - Throws: `CheckpointError` (`adapter`) with the key that is not understood.
    init(_ values: JSONObject, source: String, file: String) throws {
        (self.values, self.source, self.file) = (values, source, file)
        if let kind = values["peft_type"], kind != "LORA" {
            throw fault("peft_type", "is not understood", expected: "\"LORA\"", found: kind.canonical)
        }
        for (key, value) in values {
            let isEmpty = value == .null || value == false || value == [] || value == .object(JSONObject())
            if Self.harmless.contains(key) || Self.understood.contains(key) || isEmpty { continue }
            throw fault(key, "is not understood", expected: "plain LoRA", found: value.canonical)
        }
        try requireBeginning()
    }

    private func fault(
        _ key: String, _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil
    )
        -> CheckpointError
    {
        CheckpointError(
            .adapter, file: file, "\(key) \(problem)", expected: expected,
            found: found.map { "\(ForeignText.shown($0)) in \(source)" }, hint: hint)
    }

    private func requireBeginning() throws {
        guard let value = values["init_lora_weights"], baseChange == nil else { return }
        switch value {
        case .null, .bool: return
        case .string(let name) where Self.plainBeginnings.contains(name.lowercased()): return
        default:
            throw fault(
                "init_lora_weights", "is not understood: it changed the base's weights",
                expected: "true, false, \"gaussian\", \"eva\", \"orthogonal\", \"mica\", \"olora\" or \"pissa\"",
                found: value.canonical,
                hint: "PEFT makes plain LoRA of it: save_pretrained(path_initial_model_for_weight_conversion=…)")
        }
    }

    private func isSet(_ key: String) throws -> Bool {
        switch values[key] {
        case nil, .null?: return false
        case .bool(let value)?: return value
        case let value?: throw fault(key, "is no boolean", expected: "true or false", found: value.canonical)
        }
    }

    /// Whether the scale is α / √rank (rank-stabilised, Kalajdzievski 2023) instead of α / rank.
    func isStabilized() throws -> Bool { try isSet("use_rslora") }
    /// Whether the sum's rows get lengths of their own (DoRA, Liu et al. 2024).
    func isDecomposed() throws -> Bool { try isSet("use_dora") }
    /// Whether weights are [in, out], as in Conv1D of transformers; `nil` where nothing is said.
    func isFanInFirst() throws -> Bool? { values["fan_in_fan_out"] == nil ? nil : try isSet("fan_in_fan_out") }
    /// How the base has to be changed before the product is added.
    var baseChange: BaseChange? {
        guard case .string(let name)? = values["init_lora_weights"] else { return nil }
        return name.lowercased() == "olora" ? .olora : name == "pissa" ? .pissa : nil
    }

    /// Whether the tensor `name` belongs to a module that was trained and saved whole.
    func isSaved(_ name: String) throws -> Bool {
        guard let value = values["modules_to_save"], value != .null else { return false }
        guard case .array(let list) = value else {
            throw fault("modules_to_save", "is no list", expected: "names of modules", found: value.canonical)
        }
        return list.contains { item in
            guard case .string(let module) = item else { return false }
            return ("." + name).contains("." + module + ".")
        }
    }

    /// α of a module. - Throws: `CheckpointError` where nothing says it, or what is no finite number.
    func alpha(of module: String) throws -> Double {
        guard let value = try pattern("alpha_pattern", module) ?? values["lora_alpha"] else {
            throw fault("lora_alpha", "is missing in \(source)", expected: "the scale's numerator")
        }
        guard case .number(let number) = value, number.double.isFinite else {
            throw fault("lora_alpha", "is no number", expected: "a finite number", found: value.canonical)
        }
        return number.double
    }

    /// The rank of a module; `nil` where nothing says it.
    func rank(of module: String) throws -> Int? {
        guard let value = try pattern("rank_pattern", module) ?? values["r"] else { return nil }
        guard case .number(let number) = value, let rank = Int(number.canonical), rank > 0 else {
            throw fault("r", "is no rank", expected: "a positive integer", found: value.canonical)
        }
        return rank
    }

    /// What the pattern says of the module; `nil` where none of its keys is the end of the module's name.
    private func pattern(_ key: String, _ module: String) throws -> JSONValue? {
        guard let value = values[key], value != .null else { return nil }
        guard case .object(let patterns) = value else {
            throw fault(key, "is no object", expected: "values by names of modules", found: value.canonical)
        }
        var found: (pattern: String, value: JSONValue)?
        for (pattern, value) in patterns {
            guard let pattern = ModulePattern(pattern) else {
                throw fault(
                    key, "has a regular expression that is not understood",
                    expected: "names of modules, with ^ before or . for any character", found: pattern)
            }
            guard pattern.matches(module) else { continue }
            // PEFT takes the first of its own order, which the file need not have.
            if let found, found.value != value {
                throw fault(key, "says two things of \(module)", found: "\(found.pattern), \(pattern.text)")
            }
            found = (pattern.text, value)
        }
        return found?.value
    }
}
