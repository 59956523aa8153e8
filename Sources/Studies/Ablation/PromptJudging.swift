import Core
import Datasets
import Diffusion
import Preferences

/// How an ablation is judged by reward models: which prompts are drawn, and who scores the pictures. It is what the paper's
/// tables are made of.
package struct PromptJudging: Sendable {
    /// Prompts of a file.
    package struct Prompts: Sendable, Equatable {
        /// The file, or the folder of HPDv2's benchmark.
        package var path: String
        /// How many of it, of each style the first; nil for all.
        package var count: Int?
    }

    /// The reward models, a column each. Tuning goes by the first one's mean.
    package var rewards: [EvaluationReward]
    /// The names of those of which the plan says in which form they are shown pictures. That of others follows from the file
    /// of prompts.
    package var encoded: Set<String>
    /// Which of them scores pairs.
    package var scorer: EvaluationReward
    /// What is reported.
    package var test: Prompts
    /// What tuning is judged on; nil for a plan that tunes nothing.
    package var validation: Prompts?
}

extension PromptJudging {
    static let evaluationKeys = ["prompts", "count", "validation_prompts", "validation_count"]
    private static let rewardKeys = ["model", "pictures"] + RewardFiles.Part.allCases.map(\.rawValue)

    /// Reads a plan's sections `rewards` and `evaluation`, and its key `scorer`; nil of a plan without reward models.
    /// - Throws: `SettingsError`.
    static func read(_ root: SettingsSection) throws -> PromptJudging? {
        let named = try root.named("rewards")
        guard !named.isEmpty else { return nil }
        let rewards = try named.map { try reward($0, $1, root["rewards"]) }
        let names = rewards.map(\.kind.name)
        let scorer = try root["scorer"].text("one of \(names.joined(separator: ", "))", default: names[0])
        guard let place = names.firstIndex(of: scorer) else {
            throw root["scorer"].outOfRange("one of the plan's rewards, \(names.joined(separator: ", "))")
        }
        let evaluation = try root.section("evaluation", keys: evaluationKeys)
        func prompts(_ path: String, _ count: String) throws -> Prompts {
            Prompts(
                path: try evaluation[path].text("a file of prompts"),
                count: try evaluation[count].given == nil ? nil : evaluation[count].int(1...Int.max))
        }
        return PromptJudging(
            rewards: rewards, encoded: Set(try named.filter { try isEncoded($0, $1) }.map(\.0)), scorer: rewards[place],
            test: try prompts("prompts", "count"),
            validation: evaluation["validation_prompts"].given == nil
                ? nil : try prompts("validation_prompts", "validation_count"))
    }

    private static func isEncoded(_ name: String, _ node: SettingsNode) throws -> Bool {
        try SettingsSection(node, path: "rewards.\(name)", keys: rewardKeys)["pictures"].given != nil
    }

    private static func reward(_ name: String, _ node: SettingsNode, _ field: SettingsField) throws -> EvaluationReward
    {
        guard let kind = RewardKind.named(name) else {
            throw field.outOfRange(
                "names among \(RewardKind.all.map(\.name).joined(separator: ", "))", hint: "\"\(name)\" is unknown")
        }
        let section = try SettingsSection(node, path: "rewards.\(name)", keys: rewardKeys)
        func optional(_ key: String, _ expected: String) throws -> String? {
            section[key].given == nil ? nil : try section[key].text(expected)
        }
        let files = RewardFiles(
            try section["model"].text("the path of a folder or file"),
            processor: try optional("processor", "the path of a folder"),
            head: try optional("head", "the path of a file"),
            reader: section["reader"].given == nil ? nil : try section["reader"].choice(default: .transformers),
            resizeOrder: try section["resize_order"].choice(default: .across),
            antialias: try section["antialias"].bool(default: true))
        if let part = files.parts.map(\.part).first(where: { !kind.parts.contains($0) }) {
            throw section[part.rawValue].outOfRange("nothing: \(kind.title) has no use for it")
        }
        return EvaluationReward(kind: kind, files: files, encoding: try section["pictures"].choice(default: .png))
    }
}

extension DrawingRequest {
    private static let planKeys = [
        "scheduler", "spacing", "karras", "steps", "guidance", "eta", "size", "height", "width", "negative_prompt",
        "prompt_2", "negative_prompt_2", "clip_skip",
    ]

    /// Reads a plan's section `drawing`. - Throws: `SettingsError`.
    init(plan root: SettingsSection) throws {
        self.init()
        let section = try root.section("drawing", keys: Self.planKeys, isRequired: false)
        func has(_ key: String) -> Bool { section[key].given != nil }
        func int(_ key: String, _ range: ClosedRange<Int>) throws -> Int? {
            has(key) ? try section[key].int(range) : nil
        }
        func text(_ key: String) throws -> String? { has(key) ? try section[key].text() : nil }
        sampler = has("scheduler") ? try section["scheduler"].choice(default: .ddim) : nil
        spacing = has("spacing") ? try section["spacing"].choice(default: .leading) : nil
        isKarras = has("karras") ? try section["karras"].bool() : nil
        steps = try int("steps", 1...1000)
        guidance = has("guidance") ? Float(try section["guidance"].double("a number") { _ in true }) : nil
        eta = Float(try section["eta"].double("a number from 0 to 1", default: 0) { 0...1 ~= $0 })
        let size = try int("size", 1...8192)
        (height, width) = (try int("height", 1...8192) ?? size, try int("width", 1...8192) ?? size)
        (negative, second) = (try text("negative_prompt"), try text("prompt_2"))
        negativeSecond = try text("negative_prompt_2")
        clipSkip = try int("clip_skip", 0...1000) ?? 0
    }

    /// As options of a command that draws.
    var options: [String] {
        var words: [String] = []
        func add(_ name: String, _ value: String?) { if let value { words += ["--\(name)", value] } }
        add("scheduler", sampler?.rawValue)
        add("spacing", spacing?.rawValue)
        if let isKarras { words.append(isKarras ? "--karras" : "--no-karras") }
        add("steps", steps.map(String.init))
        add("guidance", guidance.map { SettingsValue.decimal(Double($0)) })
        add("eta", eta == 0 ? nil : SettingsValue.decimal(Double(eta)))
        add("height", height.map(String.init))
        add("width", width.map(String.init))
        for (name, text) in [("negative", negative), ("prompt-2", second), ("negative-2", negativeSecond)] {
            // A text that begins with a hyphen is no option.
            if let text { words.append("--\(name)=\(text)") }
        }
        add("clip-skip", clipSkip == 0 ? nil : "\(clipSkip)")
        return words
    }
}
