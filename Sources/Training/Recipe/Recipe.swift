import Compute
import Core

/// What to run, written by a person in YAML; the files are in `Manifests/recipes/`.
///
/// Reading is strict: an unknown, repeated or missing key, a value of another type or outside its range, and keys that do
/// not go together are errors that name the place. Paths stay as written, relative to the working folder.
package struct Recipe: Sendable, Equatable {
    /// The run's name: small letters, digits and hyphens; the file's stem where the recipe gives none.
    package var name: String
    /// The run's seed, from which all its random streams derive.
    package var seed: UInt64
    /// What computes the matrix products.
    package var backend: Backend
    /// The preference pairs.
    package var data: Data
    /// The model to start from.
    package var model: Model
    /// Low-rank adapters in the UNet; `nil` for training its weights.
    package var lora: LoRA? = nil
    /// What is minimised.
    package var objective: Objective
    /// How pictures are inverted; `nil` exactly for objectives that do not: all but `smpo` and `inpo`.
    package var inversion: Inversion?
    /// How gradients change the weights.
    package var optimizer: Optimizer
    /// How much is trained.
    package var training: TrainingSettings
    /// What a recorded run keeps.
    package var record: Record
}

// MARK: Reading

extension Recipe {
    /// Reads a recipe from a file. Each override `key.path=value`, its value a YAML scalar or a list in brackets, replaces or
    /// adds one value before anything is checked; a later one wins.
    /// - Throws: `FileError`, or `SettingsError` that names the place in the file or the override.
    package static func read(path: String, overrides: [String] = []) throws -> Recipe {
        try Recipe(SettingsDocument.read(path), name: stem(of: path), overrides: overrides)
    }

    /// Reads a recipe from its text; `file` stands in errors and its stem is the name where the recipe gives none.
    /// - Throws: `SettingsError`.
    package static func parse(_ text: String, file: String, overrides: [String] = []) throws -> Recipe {
        try Recipe(SettingsDocument.parse(text, file: file), name: stem(of: file), overrides: overrides)
    }

    /// Reads a recipe from nodes, with `overrides` as `read` takes them; `name` is its name where it gives none.
    /// - Throws: `SettingsError`.
    package init(_ node: SettingsNode, name: String, overrides: [String] = []) throws {
        let root = try overrides.reduce(node) { try SettingsOverride($1).apply(to: $0) }
        try self.init(try SettingsSection(root: root, keys: Self.keys), stem: name)
    }

    private static func stem(of file: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        return String(name.lastIndex(of: ".").map { name[..<$0] } ?? name)
    }
}

// MARK: Writing

extension Recipe {
    /// The resolved recipe as the manifest stores and hashes it: every key is present, `null` where one means nothing
    /// (an objective's own keys only where it is the objective); integers are integers, all other numbers bit patterns.
    /// Only `backend` is left out where it is the reference, and `lora` where there is none, as in records of before
    /// there was another.
    package var json: JSONValue { value.json }

    /// The resolved recipe for people: `parse` gives the same recipe again.
    package var yaml: String { value.yaml() }

    /// Reads exactly what `json` writes.
    /// - Throws: `SettingsError`, also for a missing or unknown key.
    package init(json cursor: JSONCursor) throws {
        let place = SettingsPlace.resolved(file: cursor.file, path: cursor.path)
        guard let json = cursor.value else {
            throw SettingsError(.wrongType, at: place, key: "", expected: "a section of keys", found: "nothing")
        }
        let root = SettingsNode(json, place: place)
        try self.init(try SettingsSection(root: root, style: .resolved, keys: Self.keys), stem: "")
        guard self.json == json else {
            throw SettingsError(
                .conflict, at: place, key: "", expected: "a recipe as it is written when resolved",
                found: "other values where they mean nothing")
        }
    }
}

// MARK: Schema

extension Recipe {
    static let keys = [
        "name", "seed", "backend", "data", "model", "lora", "objective", "inversion", "optimizer", "training", "record",
    ]

    private init(_ root: SettingsSection, stem: String) throws {
        name = try Self.name(root["name"], stem: stem)
        seed = try root["seed"].uint64(default: 42)
        backend = try root["backend"].node == nil ? .reference : root["backend"].choice()
        data = try Data(root.section("data", keys: Data.keys))
        model = try Model(root.section("model", keys: Model.keys), runSeed: seed)
        lora =
            try root["lora"].given == nil
            ? nil : LoRA(root.section("lora", keys: LoRA.keys), runSeed: seed)
        objective = try Objective(root.section("objective", keys: Objective.keys))
        let optimizerSection = try root.section("optimizer", keys: Optimizer.keys)
        optimizer = try Optimizer(optimizerSection)
        let trainingSection = try root.section("training", keys: TrainingSettings.keys)
        training = try TrainingSettings(trainingSection)
        record = try Record(root.section("record", keys: Record.keys, isRequired: root.style == .resolved))
        inversion = try Self.inversion(root, for: objective)
        if optimizer.warmup > training.steps {
            throw optimizerSection["warmup"].outOfRange("at most training.steps, \(training.steps)")
        }
        let highest = optimizer.highestRate(pairsPerStep: training.pairsPerStep)
        if let end = optimizer.lrEnd, end >= highest {
            throw optimizerSection["lr_end"].outOfRange(
                "less than the highest learning rate, \(highest)", default: "\(end)")
        }
        if training.referenceEMA != nil, !objective.name.usesReference {
            try trainingSection["reference_ema"].refuse(with: "objective.name: \(objective.name.rawValue)")
        }
        if training.trainTextEncoder, objective.name != .sft {
            try trainingSection["train_text_encoder"].refuse(with: "objective.name: \(objective.name.rawValue)")
        }
        // The reference is the policy without its adapters: there is no second network that could follow.
        if training.referenceEMA != nil, lora != nil { try trainingSection["reference_ema"].refuse(with: "lora") }
        if training.trainTextEncoder, lora != nil { try trainingSection["train_text_encoder"].refuse(with: "lora") }
        try Self.checkScorer(root, data, trainingSection, training.timesteps, for: objective)
        // The latents of a mirrored picture are not the mirrored latents.
        if training.flip, data.isLatent { try trainingSection["flip"].refuse(with: "data.kind: latents") }
    }

    private static func inversion(_ root: SettingsSection, for objective: Objective) throws -> Inversion? {
        switch objective.name {
        case .sft, .dpo, .kto, .mapo, .pickscore:
            try root["inversion"].refuse(with: "objective.name: \(objective.name.rawValue)")
            return nil
        case .smpo, .inpo:
            let isRequired = root.style == .resolved
            return try Inversion(
                root.section("inversion", keys: Inversion.keys, isRequired: isRequired), of: objective.name)
        }
    }

    /// PickScore's objective trains a scorer, on pictures; all others a diffusion model.
    private static func checkScorer(
        _ root: SettingsSection, _ data: Data, _ training: SettingsSection, _ timesteps: TrainingSettings.Timesteps,
        for objective: Objective
    ) throws {
        let condition = "objective.name: \(objective.name.rawValue)"
        let section = try root.section("model", keys: Model.keys)
        guard objective.name == .pickscore else { return try section["clip"].refuse(with: condition) }
        try section["unet"].refuse(with: condition)
        if data.isLatent {
            throw try root.section("data", keys: Data.keys)["kind"].outOfRange("shapes or folder with \(condition)")
        }
        if timesteps != .uniform { try training["timesteps"].refuse(with: condition) }
        try root["lora"].refuse(with: condition)
        // A caption is held against all of the batch's pictures.
        if objective.contrastive != nil { try training["micro_pairs"].refuse(with: "objective.contrastive") }
    }

    private static func name(_ field: SettingsField, stem: String) throws -> String {
        let expected = "small letters, digits and hyphens"
        let isName: (String) -> Bool = { $0.wholeMatch(of: /[a-z0-9-]+/) != nil }
        guard field.node != nil || field.style == .resolved || isName(stem) else {
            throw field.missing(expected, hint: "the file's name, \"\(stem)\", cannot stand in for it")
        }
        let name = try field.text(expected, default: stem)
        guard isName(name) else { throw field.outOfRange(expected) }
        return name
    }

    private var value: SettingsValue {
        .section(
            [("name", .text(name)), ("seed", .seed(seed))]
                + (backend == .reference ? [] : [("backend", .text(backend.rawValue))]) + [
                    ("data", data.value), ("model", model.value),
                ] + (lora.map { [("lora", $0.value)] } ?? []) + [
                    ("objective", objective.value),
                    ("inversion", .optional(inversion) { $0.value }), ("optimizer", optimizer.value),
                    ("training", training.value), ("record", record.value),
                ])
    }
}
