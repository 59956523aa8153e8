import ArgumentParser
import Core
import Studies

/// What an evaluation on prompts was asked for, as its report keeps it: options of `smpo eval` by their names, paths among them,
/// as they were given. Those on which no figure depends are left out.
struct EvaluationRequest {
    /// The options that were given: texts, numbers, `true` for a flag; of `rewards` a list.
    private(set) var json: JSONObject

    /// The options that say where files lie, which may be elsewhere when the evaluation is made again.
    private static let places = ["prompts", "model", "reference", "rewards", "vae", "configuration"]

    /// What `command` was told.
    init(_ command: EvalCommand) {
        json = JSONObject(Self.options(command).compactMap { name, value in value.map { (name, $0) } })
    }

    /// What a report says was asked for. - Throws: `JSONShapeError` for an option that is none of these.
    init(_ cursor: JSONCursor) throws {
        let names = Self.options(try EvalCommand.parse(["--model=any"])).map(\.name)
        for (name, value) in try cursor.members() {
            guard names.contains(where: { utf8Equal($0, name) }) else {
                throw cursor.error(expected: "options of smpo eval --prompts", found: "\"\(name)\"")
            }
            switch value.value {
            case .string?, .number?, .bool(true)?: break
            case .array?: for word in try value.elements() { _ = try word.string() }
            default: throw value.error(expected: "a text, a number, true or texts")
            }
        }
        json = try cursor.object()
        for name in ["prompts", "model", "rewards"] where json[name] == nil {
            throw cursor.error(expected: "the option \(name)", found: "none")
        }
    }

    /// Takes the places of files that `command` was given in the stead of those asked for.
    /// - Throws: `ValidationError` for an option that the report has, and for a reward model that it has not.
    mutating func move(to command: EvalCommand) throws {
        for (name, value) in EvaluationRequest(command).json.members {
            guard Self.places.contains(name) else {
                throw ValidationError("--\(name) is in the report: leave it out beside --check")
            }
            guard name != "reference" || json[name] != nil else {
                throw ValidationError("--reference: the report is of one model alone")
            }
            guard name == "rewards" else {
                json[name] = value
                continue
            }
            let asked = try JSONCursor(json[name], name: name).elements().map { try $0.string() }
            let moved = try RewardList.replacing(asked, by: command.prompted.rewards)
            json[name] = .array(moved.map { .string($0) })
        }
    }

    /// The command line that asks for it. - Throws: `JSONShapeError` for options that do not go together; `file` stands in it.
    func command(file: String) throws -> EvalCommand {
        /// A value after `=` may begin with a dash, but not be empty.
        func words(_ name: String, _ text: String) -> [String] {
            text.hasPrefix("-") ? ["--\(name)=\(text)"] : ["--\(name)", text]
        }
        let words = json.members.flatMap { name, value -> [String] in
            switch value {
            case .string(let text): words(name, text)
            case .number(let number): words(name, number.text)
            case .array(let list):
                list.flatMap { if case .string(let text) = $0 { words(name, text) } else { [String]() } }
            default: ["--\(name)"]
            }
        }
        do {
            return try EvalCommand.parse(words)
        } catch {
            throw JSONShapeError(
                file: file, path: "report.asked", expected: "options of smpo eval --prompts",
                found: EvalCommand.message(for: error))
        }
    }

    /// Every option that a figure can depend on, with what was given.
    private static func options(_ command: EvalCommand) -> [(name: String, value: JSONValue?)] {
        func text(_ value: String?) -> JSONValue? { value.map { .string($0) } }
        func whole(_ value: (some FixedWidthInteger)?) -> JSONValue? { value.map { .integer($0) } }
        func decimal(_ value: Float?) -> JSONValue? { value.flatMap { Double("\($0)") }.map { .decimal($0) } }
        func flag(_ value: Bool) -> JSONValue? { value ? true : nil }
        func pair(_ value: PixelPair?) -> JSONValue? { value.map { .string("\($0.first)x\($0.second)") } }
        let (prompted, sampler, drawn) = (command.prompted, command.samplerOptions, command.promptOptions)
        let model = command.modelOptions
        let rewards = RewardList.words(prompted.rewards)
        return [
            ("prompts", text(prompted.prompts)), ("model", text(command.model)), ("reference", text(command.reference)),
            ("rewards", rewards.isEmpty ? nil : .array(rewards.map { .string($0) })),
            ("count", whole(prompted.count)), ("seed", whole(prompted.seed)), ("same-noise", flag(prompted.sameNoise)),
            ("scheduler", text(sampler.scheduler?.rawValue)), ("spacing", text(sampler.spacing?.rawValue)),
            ("karras", sampler.karras.map { .bool($0) }), ("steps", whole(sampler.steps)),
            ("guidance", decimal(sampler.guidance)),
            ("eta", sampler.eta == 0 ? nil : decimal(sampler.eta)),
            ("negative", text(drawn.negative)), ("prompt-2", text(drawn.second)),
            ("negative-2", text(drawn.negativeSecond)),
            ("clip-skip", drawn.clipSkip == 0 ? nil : whole(drawn.clipSkip)),
            ("size", whole(drawn.size)), ("height", whole(drawn.height)), ("width", whole(drawn.width)),
            ("original-size", pair(drawn.originalSize)), ("crop", pair(drawn.crop)),
            ("target-size", pair(drawn.targetSize)), ("variant", text(model.variant)), ("vae", text(model.vae)),
            ("configuration", text(model.configuration)), ("weights", text(model.weightsOptions.weights?.rawValue)),
        ]
    }
}
