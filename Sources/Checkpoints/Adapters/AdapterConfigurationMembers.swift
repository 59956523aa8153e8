import Core

extension AdapterConfiguration {
    /// The members of PEFT's configuration of modules of one part: rank and alpha of most of them, and the others by their
    /// names. - Throws: `CheckpointError` (`adapter`) for a scale that it cannot say.
    static func members(of modules: [PlacedModule], file: String) throws -> JSONObject {
        let modules = try modules.map { (name: $0.name, rank: $0.rank, alpha: try $0.alpha(file: file)) }
        let (rank, alpha) = (Self.most(modules.map(\.rank)), Self.most(modules.map(\.alpha)))
        return [
            "peft_type": "LORA", "task_type": .null, "base_model_name_or_path": .null, "inference_mode": true,
            "r": .integer(rank), "lora_alpha": .decimal(alpha),
            "rank_pattern": .object(
                JSONObject(modules.filter { $0.rank != rank }.map { ($0.name, .integer($0.rank)) })),
            "alpha_pattern": .object(
                JSONObject(modules.filter { $0.alpha != alpha }.map { ($0.name, .decimal($0.alpha)) })),
            "target_modules": .array(modules.map { .string($0.name) }), "lora_dropout": .decimal(0), "bias": "none",
            "fan_in_fan_out": false, "init_lora_weights": true, "modules_to_save": .null, "use_rslora": false,
            "use_dora": false,
        ]
    }

    /// The value that is there most often, the smallest of several.
    private static func most<Value: Comparable & Hashable>(_ values: [Value]) -> Value {
        let counts = Dictionary(grouping: values) { $0 }.mapValues(\.count)
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }!.key
    }
}
