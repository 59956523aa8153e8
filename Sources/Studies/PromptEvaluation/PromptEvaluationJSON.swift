import Core
import Preferences

extension PromptEvaluationReport {
    /// Stands for all that was found and for how: prompts, pictures, scores, protocol. Neither what was drawn now and what
    /// before, nor the machine, is in it.
    package var digest: Digest { .of(.document, .object(content)) }

    /// For other programs: the content, its digest, and what was made now.
    package var json: JSONValue {
        var object = content
        object["digest"] = .digest(digest)
        object["made_now"] = [
            "pictures": .array(models.map { .integer($0.drawn.count) }),
            "scores": .array(models.map { .array($0.scores.map { .integer($0.count) }) }),
        ]
        return .object(object)
    }

    private var content: JSONObject {
        var object: JSONObject = [
            "schema": 1, "prompts": .object(promptsJSON), "noise": .string(models[0].source.noise.rawValue),
            "models": .array(models.indices.map { .object(model($0)) }),
            "rewards": .array(rewards.map(Self.json)),
        ]
        if models.count > 1 {
            object["comparisons"] = .array(rewards.indices.map { .object(comparison($0)) })
        }
        return object
    }

    private var promptsJSON: JSONObject {
        [
            "form": .string(prompts.form), "count": .integer(places.count), "of": .integer(prompts.prompts.count),
            "digest": .digest(prompts.digest),
            "files": .array(prompts.sources.map { ["path": .string($0.path), "digest": .digest($0.digest)] }),
            "left_out": .array(prompts.leftOut.map { .string($0) }),
            "places": .array(places.map { .integer($0) }),
        ]
    }

    private func model(_ place: Int) -> JSONObject {
        let (source, drawn) = (models[place].source, models[place].drawn)
        return [
            "model": .string(source.model), "drawing": .object(source.drawing),
            "parts": .object(JSONObject(source.digests.map { ($0.key, .digest($0.value)) })),
            "captions_cut": .integer(source.cut), "pictures": .array(drawn.pixels.map { .digest($0) }),
            "scores": .array(
                rewards.indices.map { reward in
                    var object: JSONObject = [
                        "reward": .string(rewards[reward].kind.name),
                        "all": Self.json(summary(place, reward, in: all)),
                        "scores": .array(scores(place, reward, in: all).map { .decimal($0) }),
                    ]
                    if !styles.isEmpty {
                        object["styles"] = .array(
                            styles.map { style in
                                [
                                    "style": .string(style.style ?? ""),
                                    "summary": Self.json(summary(place, reward, in: style)),
                                ]
                            })
                    }
                    return .object(object)
                }),
        ]
    }

    private static func json(_ summary: ScoreSummary) -> JSONValue {
        var object: JSONObject = [
            "count": .integer(summary.count), "median": .decimal(summary.median), "mean": .decimal(summary.mean),
        ]
        if let groups = summary.groups {
            object["groups"] = [
                "size": .integer(ScoreSummary.groupSize), "mean": .decimal(groups.mean),
                "deviation": .decimal(groups.deviation),
            ]
        }
        return .object(object)
    }

    private func comparison(_ reward: Int) -> JSONObject {
        func json(_ group: Group) -> JSONValue { comparison(reward, in: group)?.json ?? .null }
        var object: JSONObject = ["reward": .string(rewards[reward].kind.name), "all": json(all)]
        if !styles.isEmpty {
            object["styles"] = .array(
                styles.map { ["style": .string($0.style ?? ""), "comparison": json($0)] })
        }
        return object
    }

    private static func json(_ reward: EvaluationReward.Statement) -> JSONValue {
        [
            "reward": .string(reward.kind.name), "unit": .string(reward.kind.unit),
            "usual_factor": .decimal(reward.kind.displayFactor), "model": .string(reward.model),
            "pictures": .string(reward.encoding.sentence), "resize": .string(reward.resize),
            "reader": reward.reader.map { .string($0) } ?? .null, "captions_cut": .integer(reward.cut),
            "digest": .digest(reward.digest),
            "parts": .object(JSONObject(reward.digests.map { ($0.key, .digest($0.value)) })),
        ]
    }
}
