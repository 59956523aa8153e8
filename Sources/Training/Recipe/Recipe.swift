import Compute
import Core
import Diffusion
import Preferences

/// What to run, written by a person in YAML; the files are in `Manifests/recipes/`.
///
/// Reading is strict: an unknown, repeated or missing key, a value of another type or outside its range, and keys that do
/// not go together are errors that name the place. Paths stay as written, relative to the working folder.
package struct Recipe: Equatable {
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
    /// The reward model whose scores the labels are made of; `nil` for scores that the data have.
    package var reward: Reward?
    /// Low-rank adapters in the UNet; `nil` for training its weights.
    package var lora: AdapterRecipe?
    /// What is minimised.
    package var objective: Objective
    /// How pictures are inverted; `nil` exactly for objectives that do not.
    package var inversion: InversionSettings?
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
    /// Only `backend` is left out where it is the reference, and `reward` and `lora` where there is none, as in records of
    /// before there was another.
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

extension Recipe: KeyedSettings {
    private typealias Key = SettingsKey<Recipe>

    /// The keys of a recipe. A name has small letters, digits and hyphens.
    package static let schema = SettingsSchema<Recipe>(
        Recipe(
            name: "", seed: 42, backend: .reference, data: Data.schema.initial, model: .folder(path: ""),
            objective: Objective.schema.initial, optimizer: Optimizer.schema.initial,
            training: TrainingSettings.schema.initial, record: Record()),
        [
            Key("name", \.name, .runName, default: .from("the file's name") { $0.name }, "the run's name"),
            Key("seed", \.seed, .seed, "the run's seed, from which all its random streams derive"),
            Key("backend", \.backend, .choice, default: .omitted(.reference), "what computes the matrix products"),
            .section("data", \.data, "the pictures to train on"),
            .section(
                "reward", \.reward, start: { _ in Reward.schema.initial },
                "a reward model whose scores of the pictures the labels are made of, in the place of scores that the data have"
            ),
            .section(
                "model", \.model, start: { Model.Keys(runSeed: $0.seed) },
                make: { try Model($1, $2, runSeed: $0.seed) }, keys: \.keys,
                "the model to start from: a folder, or the configurations of a new one"),
            .section(
                "lora", \.lora,
                start: {
                    var start = AdapterRecipe.schema.initial
                    start.seed = $0.seed
                    return start
                }, "low-rank adapters in the UNet, which are then all that is trained"),
            .section("objective", \.objective, "what is minimised"),
            .section(
                "inversion", \.inversion,
                when: Key.Condition("objectives that invert pictures") {
                    $0.objective.kind.noising == .inversion ? nil : "objective.name: \($0.objective.name)"
                }, elsewhere: .null,
                without: { ($0.objective.kind.addsNoise ? [] : ["noise"], "objective.name: \($0.objective.name)") },
                start: { InversionSettings(addsNoise: $0.objective.kind.addsNoise) },
                "how a picture is carried to its noise level"),
            .section("optimizer", \.optimizer, "how gradients change the weights"),
            .section("training", \.training, "how much is trained, on what, and which parts"),
            .section("record", \.record, isRequired: false, "what a recorded run keeps"),
        ])

    private init(_ root: SettingsSection, stem: String) throws {
        self = Recipe.schema.initial
        name = stem
        try read(root)
        try check(root.section("optimizer", keys: Optimizer.keys))
        try checkReward(root)
        try check(training: root.section("training", keys: TrainingSettings.keys))
        if objective.kind.trainsScorer {
            try checkScorer(root)
        } else {
            try root.section("model", keys: Model.Keys.keys)["clip"].refuse(with: "objective.name: \(objective.name)")
        }
    }

    /// Labels are made of scores where pairs of pictures are compared.
    private func checkReward(_ root: SettingsSection) throws {
        guard reward != nil else { return }
        if objective.kind.trainsScorer || objective.kind.makesBase {
            try root["reward"].refuse(with: "objective.name: \(objective.name)")
        }
        if data.isLatent { try root["reward"].refuse(with: "data.kind: latents") }
    }

    private func check(_ section: SettingsSection) throws {
        if optimizer.warmup > training.steps {
            throw section["warmup"].outOfRange("at most training.steps, \(training.steps)")
        }
        let highest = optimizer.highestRate(pairsPerStep: training.pairsPerStep)
        if optimizer.schedule == .polynomial, optimizer.lrEnd >= highest {
            throw section["lr_end"].outOfRange(
                "less than the highest learning rate, \(highest)", default: "\(optimizer.lrEnd)")
        }
    }

    private func check(training section: SettingsSection) throws {
        let named = "objective.name: \(objective.name)"
        if training.referenceEMA != nil, !objective.kind.usesReference {
            try section["reference_ema"].refuse(with: named)
        }
        if training.trainTextEncoder, !objective.kind.makesBase {
            try section["train_text_encoder"].refuse(with: named)
        }
        // The reference is the policy without its adapters: there is no second network that could follow.
        if training.referenceEMA != nil, lora != nil { try section["reference_ema"].refuse(with: "lora") }
        if training.trainTextEncoder, lora != nil { try section["train_text_encoder"].refuse(with: "lora") }
        if training.lanes > training.pairsPerStep {
            throw section["lanes"].outOfRange("at most training.pairs_per_step, \(training.pairsPerStep)")
        }
        if training.lanes > 1, let reason = objective.settings.wholeBatch { try section["lanes"].refuse(with: reason) }
        // The latents of a mirrored picture are not the mirrored latents.
        if training.flip, data.isLatent { try section["flip"].refuse(with: "data.kind: latents") }
        if data.preparation.resize == .pair { try section["flip_unit"].refuse(with: "data.resize: pair") }
    }

    /// A scorer is trained on pictures, without timesteps and adapters.
    private func checkScorer(_ root: SettingsSection) throws {
        let condition = "objective.name: \(objective.name)"
        try root.section("model", keys: Model.Keys.keys)["unet"].refuse(with: condition)
        if data.isLatent {
            throw try root.section("data", keys: Data.keys)["kind"].outOfRange("shapes or folder with \(condition)")
        }
        // It brings pictures to its size as it does when it scores, and makes no latents of them.
        for key in ["resize", "resize_order", "crop", "time_ids", "latent_set", "latent_seed", "text_states"] {
            try root.section("data", keys: Data.keys)[key].refuse(with: condition)
        }
        let section = try root.section("training", keys: TrainingSettings.keys)
        if training.timesteps != .uniform { try section["timesteps"].refuse(with: condition) }
        try root["lora"].refuse(with: condition)
        if let reason = objective.settings.wholeBatch { try section["micro_pairs"].refuse(with: reason) }
    }
}

extension SettingsType<String> {
    /// The run's name, or the file's where that can stand in for it.
    fileprivate static let runName = SettingsType(expectation) { field, stem in
        let isName: (String) -> Bool = { $0.wholeMatch(of: /[a-z0-9-]+/) != nil }
        if field.node == nil, field.style == .written, let stem, !isName(stem) {
            throw field.missing(expectation, hint: "the file's name, \"\(stem)\", cannot stand in for it")
        }
        let name = try field.text(expectation, default: stem)
        guard isName(name) else { throw field.outOfRange(expectation) }
        return name
    } write: {
        .text($0)
    }

    private static let expectation = "small letters, digits and hyphens"
}
