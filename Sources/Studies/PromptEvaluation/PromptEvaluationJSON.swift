import Audit
import Core
import Preferences

extension PromptEvaluationReport {
    /// Stands for all that was found and for how: prompts, pictures, scores, protocol. Neither where files lie, nor what was
    /// drawn now and what before, nor the machine, is in it.
    package var digest: Digest { .of(.document, .object(content)) }

    /// For other programs: the content, its digest, what was asked for, and what was made now.
    package var json: JSONValue {
        var object = content
        object["asked"] = .object(asked)
        object["digest"] = .digest(digest)
        object["made_now"] = [
            "pictures": .array(models.map { .integer($0.drawn.count) }),
            "scores": .array(models.map { .array($0.scores.map { .integer($0.count) }) }),
        ]
        return .object(object)
    }

    /// What the figures follow from.
    package var inputs: EvaluationInputs {
        EvaluationInputs(prompts: prompts, places: places, sources: models.map(\.source), rewards: rewards)
    }

    /// All that `digest` stands for; paths are in `asked` alone.
    package var content: JSONObject {
        var object = inputs.json
        object["schema"] = .integer(EvaluationRecord.schema)
        if case .array(let stated)? = object["models"] {
            object["models"] = .array(zip(stated, models.indices).map { with($0, model: $1) })
        }
        if models.count > 1 {
            object["comparisons"] = .array(rewards.indices.map { .object(comparison($0)) })
        }
        return object
    }

    /// What is stated of a model, with its pictures and scores.
    private func with(_ stated: JSONValue, model place: Int) -> JSONValue {
        guard case .object(var object) = stated else { return stated }
        object["pictures"] = .array(models[place].drawn.pixels.map { .digest($0) })
        object["scores"] = .array(rewards.indices.map { .object(scores(place, $0)) })
        return .object(object)
    }

    private func scores(_ place: Int, _ reward: Int) -> JSONObject {
        var object: JSONObject = [
            "reward": .string(rewards[reward].kind.name), "all": Self.json(summary(place, reward, in: all)),
            "scores": .array(scores(place, reward, in: all).map { .decimal($0) }),
        ]
        if !styles.isEmpty {
            object["styles"] = .array(
                styles.map { style in
                    ["style": .string(style.style ?? ""), "summary": Self.json(summary(place, reward, in: style))]
                })
        }
        return object
    }

    private static func json(_ summary: ScoreSummary) -> JSONValue {
        var object: JSONObject = [
            "count": .integer(summary.count), "median": .decimal(summary.median),
            "median_interval": json(summary.medianInterval), "mean": .decimal(summary.mean),
            "mean_interval": json(summary.meanInterval),
        ]
        if let groups = summary.groups {
            object["groups"] = [
                "size": .integer(ScoreSummary.groupSize), "mean": .decimal(groups.mean),
                "deviation": .decimal(groups.deviation),
            ]
        }
        return .object(object)
    }

    private static func json(_ interval: ClosedRange<Double>) -> JSONValue {
        [.decimal(interval.lowerBound), .decimal(interval.upperBound)]
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
}
