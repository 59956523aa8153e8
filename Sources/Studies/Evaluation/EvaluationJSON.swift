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
}
