import Core
import Datasets

/// All that the figures of an evaluation follow from, as far as it is known before anything is drawn.
package struct EvaluationInputs: Sendable {
    /// The prompts, and which of them are drawn.
    package let prompts: PromptSet, places: [Int]
    /// What the pictures of each model follow from: the one that is compared with first, where there are two.
    package let sources: [PictureSource]
    /// The reward models.
    package let rewards: [EvaluationReward.Statement]

    /// Takes all fields as they are.
    package init(
        prompts: PromptSet, places: [Int], sources: [PictureSource], rewards: [EvaluationReward.Statement]
    ) {
        precondition(!places.isEmpty && !sources.isEmpty)
        (self.prompts, self.places, self.sources, self.rewards) = (prompts, places, sources, rewards)
    }

    /// As a report states them. Models, reward models and files of prompts stand here by their digests, not by their paths.
    package var json: JSONObject {
        [
            "prompts": .object(promptsJSON), "noise": .string(sources[0].noise.rawValue),
            "models": .array(sources.map { .object(json($0)) }), "rewards": .array(rewards.map(Self.json)),
        ]
    }

    private var promptsJSON: JSONObject {
        [
            "form": .string(prompts.form), "count": .integer(places.count), "of": .integer(prompts.prompts.count),
            "digest": .digest(prompts.digest), "files": .array(prompts.sources.map { .digest($0.digest) }),
            "left_out": .array(prompts.leftOut.map { .string($0) }),
            "places": .array(places.map { .integer($0) }),
        ]
    }

    private func json(_ source: PictureSource) -> JSONObject {
        [
            "drawing": .object(source.drawing),
            "parts": .object(JSONObject(source.digests.map { ($0.key, .digest($0.value)) })),
            "captions_cut": .integer(source.cut),
        ]
    }

    private static func json(_ reward: EvaluationReward.Statement) -> JSONValue {
        [
            "reward": .string(reward.kind.name), "unit": .string(reward.kind.unit),
            "usual_factor": .decimal(reward.kind.displayFactor), "pictures": .string(reward.encoding.sentence),
            "resize": .string(reward.resize), "reader": reward.reader.map { .string($0) } ?? .null,
            "captions_cut": .integer(reward.cut), "digest": .digest(reward.digest),
            "parts": .object(JSONObject(reward.digests.map { ($0.key, .digest($0.value)) })),
        ]
    }
}
