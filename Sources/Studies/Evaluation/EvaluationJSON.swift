import Core
import Training

extension SampleEvaluation.Result {
    /// For other programs; numbers are shortest decimals that read back.
    package var json: JSONValue {
        var object = JSONObject(attributes.map { ($0.name, .decimal($0.share)) })
        object["all"] = .decimal(allRight)
        object["reward"] = .decimal(reward)
        object["median_reward"] = .decimal(medianReward)
        object["brightness"] = .decimal(brightness)
        object["rewards"] = .array(rewards.map { .decimal($0) })
        if let score, let scores {
            object["score"] = .decimal(score)
            object["scores"] = .array(scores.map { .decimal($0) })
        }
        return .object(object)
    }

    /// Reads what `json` has written; every number is the same. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let rewards = try cursor["rewards"].elements().map { try $0.double() }
        guard !rewards.isEmpty else { throw try cursor["rewards"].error(expected: "at least one reward") }
        self.init(
            attributes: try Drawings.ShapesFigures.attributeNames.map { ($0, try cursor[$0].double()) },
            allRight: try cursor["all"].double(), rewards: rewards,
            scores: try cursor["scores"].present?.elements().map { try $0.double() },
            brightness: try cursor["brightness"].double())
    }
}

extension PairedComparison {
    /// For other programs; numbers are shortest decimals that read back.
    package var json: JSONValue {
        func interval(_ range: ClosedRange<Double>) -> JSONValue {
            [.decimal(range.lowerBound), .decimal(range.upperBound)]
        }
        return [
            "wins": .integer(wins), "ties": .integer(ties), "losses": .integer(losses), "win_rate": .decimal(winRate),
            "win_rate_95": interval(winRateInterval), "difference": .decimal(difference),
            "difference_95": interval(differenceInterval), "sign_test": .decimal(signTest),
        ]
    }
}

extension PreferenceEvaluation.Result {
    /// For other programs.
    package var json: JSONValue {
        ["accuracy": .decimal(accuracy), "margin": .decimal(margin), "pairs": .integer(pairs)]
    }

    /// Reads what `json` has written. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        self.init(
            accuracy: try cursor["accuracy"].double(), margin: try cursor["margin"].double(),
            pairs: try cursor["pairs"].int())
    }
}
