import Compute
import Core
import Diffusion
import Pages
import Reports
import Training

/// The folder of a model: what is there, what would be used, what is missing, what trainings would take of memory.
struct ModelCheck {
    private let survey: ModelSurvey

    private let variant: String?

    /// The model in `folder`, its weights in the files of `variant` where one is named.
    init(folder: String, variant: String?) {
        self.variant = variant
        survey = ModelSurvey(ModelFolder(path: folder, variant: variant.map { .named($0) } ?? .plain))
    }

    var section: HealthReport.Section {
        var lines: [(label: String, text: String)] = []
        for part in survey.parts { lines += Self.lines(part) }
        if !survey.leftAlone.isEmpty {
            lines.append((label: "left alone", text: survey.leftAlone.joined(separator: ", ")))
        }
        var problems = survey.parts.flatMap(\.problems) + survey.problems
        var plans: [(training: String, bytes: Int)] = []
        do { plans = try self.plans() } catch { problems.append("\(error)") }
        lines += plans.map {
            (label: "memory", text: "\($0.training): \(MemorySize($0.bytes)) at the fullest moment")
        }
        return HealthReport.Section(
            "model \(survey.folder)", key: "model",
            value: [
                "folder": .string(survey.folder), "parts": .array(survey.parts.map(Self.json)),
                "left_alone": .array(survey.leftAlone.map { .string($0) }),
                "memory": .array(
                    plans.map { ["training": .string($0.training), "bytes": .integer($0.bytes)] }),
            ], lines: lines, faults: problems.map { HealthReport.Fault(.trouble, $0) })
    }

    // MARK: Parts

    /// Keys of more would fill the screen; the JSON form has them all.
    private static let mostDefaults = 12

    private static func lines(_ part: ModelSurvey.Part) -> [(label: String, text: String)] {
        guard part.isThere else {
            return [(label: part.name, text: part.isOptional ? "not there, and not needed" : "MISSING")]
        }
        var facts = [part.className, part.parameters.map { "\($0) parameters" }].compactMap(\.self)
        if !part.files.isEmpty { facts.append(part.files.joined(separator: ", ")) }
        if facts.isEmpty { facts = [part.problems.isEmpty ? "there" : "there, but cannot be read"] }
        var texts = [facts.joined(separator: ", ")]
        if let weights = part.weights {
            texts.append(
                "weights \(weights.file): "
                    + weights.types.map { "\($0.tensors) tensors \($0.name)" }.joined(separator: ", "))
            if !weights.others.isEmpty { texts.append("not opened: \(weights.others.joined(separator: ", "))") }
            if let first = weights.unused.first {
                texts.append(
                    "tensors of no parameter: "
                        + (weights.unused.count == 1 ? first : "\(weights.unused.count), \(first) the first"))
            }
        }
        if (1...mostDefaults).contains(part.defaults.count) {
            texts.append(
                "not stated, taken as: "
                    + part.defaults.map { "\($0.key) \($0.value.canonical)" }.joined(separator: ", "))
        } else if !part.defaults.isEmpty {
            texts.append("not stated: \(part.defaults.count) keys, taken by their defaults")
        }
        return texts.enumerated().map { (label: $0 == 0 ? part.name : "", text: $1) }
    }

    private static func json(_ part: ModelSurvey.Part) -> JSONValue {
        var object: JSONObject = [
            "name": .string(part.name), "is_there": .bool(part.isThere), "is_optional": .bool(part.isOptional),
            "class": part.className.map { .string($0) } ?? .null,
            "parameters": part.parameters.map { .integer($0) } ?? .null,
            "files": .array(part.files.map { .string($0) }),
            "problems": .array(part.problems.map { .string($0) }),
        ]
        object["defaults"] = .object(JSONObject(part.defaults.map { ($0.key, $0.value) }))
        object["weights"] =
            part.weights.map { weights in
                [
                    "file": .string(weights.file),
                    "types": .object(JSONObject(weights.types.map { ($0.name, .integer($0.tensors)) })),
                    "not_opened": .array(weights.others.map { .string($0) }),
                    "unused": .array(weights.unused.map { .string($0) }),
                ]
            } ?? .null
        return .object(object)
    }

    // MARK: Memory

    /// Trainings of one pair at once, with recomputation, on latents or pictures of the UNet's own size.
    /// - Throws: what a training would refuse the model for.
    private func plans() throws -> [(training: String, bytes: Int)] {
        guard survey.isWhole, let unet = survey.outline?["unet"] as? UNet2DConditionModel,
            let size = unet.config.sampleSize
        else { return [] }
        let source =
            unet.config.inChannels == 3 ? "kind: shapes" : "kind: latents, path: latents"
        let kinds = [
            ("SmPO of all weights with AdamW", "", "name: adamw"),
            ("SmPO of all weights with Adafactor", "", "name: adafactor"),
            ("SmPO of adapters of rank 8 with AdamW", "lora: {rank: 8}", "name: adamw"),
        ]
        return try kinds.map { name, lora, optimizer in
            let text = """
                name: plan
                data: {\(source), size: \(max(8, size))}
                model: {path: \(JSONValue.string(survey.folder).canonical)\(variant.map { ", variant: \($0)" } ?? "")}
                objective: {name: smpo}
                optimizer: {\(optimizer), lr: 1e-5}
                training: {steps: 2, pairs_per_step: 1, recompute: true}
                \(lora)
                """
            let recipe = try Recipe.parse(text, file: "plan.yaml")
            return (name, try MemoryPlan(recipe, workers: 1).total)
        }
    }
}
