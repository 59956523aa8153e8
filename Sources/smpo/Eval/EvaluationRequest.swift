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
            ("karras", flag(sampler.karras)), ("steps", whole(sampler.steps)), ("guidance", decimal(sampler.guidance)),
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
