import Core

extension AblationReport {
    /// For other programs: every run with all that was measured, and the comparisons.
    package var json: JSONValue {
        let pairs = [plan.pairs[0].name] + plan.conditions.map(\.pairs)
        let comparisons = pairs.flatMap { pairs in
            plan.comparisons.compactMap { first, second -> JSONValue? in
                comparison(first, second, pairs: pairs).map {
                    ["arm": .string(first), "against": .string(second), "pairs": .string(pairs), "result": $0.json]
                }
            }
        }
        let table = zip([nil] + plan.arms.map(\.name), rows).map { arm, row -> JSONValue in
            let reward = row.spread(\.reward)
            return [
                "arm": arm.map { .string($0) } ?? .null, "title": .string(row.title), "reward": .decimal(reward.mean),
                "deviation_over_seeds": .decimal(reward.deviation), "against_base": row.againstBase?.json ?? .null,
            ]
        }
        return [
            "schema": 1, "name": .string(plan.name), "seeds": .array(plan.seeds.map { .integer($0) }),
            "rows": .array(table), "comparisons": .array(comparisons),
            "bases": .array(
                bases.map {
                    ["base": .string($0.base), "seed": .integer($0.seed), "drawings": Self.drawings($0.drawings)]
                }),
            "tuning": .array(tuning.map(Self.outcome)), "runs": .array(runs.map(Self.outcome)),
            "labels": .array(
                labels.map {
                    [
                        "pairs": .string($0.pairs), "seed": .integer($0.seed), "right_votes": .decimal($0.rightLabels),
                        "right_scores": .decimal($0.rightScores),
                    ]
                }),
            "audits": .array(
                audits.map {
                    ["run": .string($0.run), "steps": .string($0.steps), "verdict": .string($0.verdict.rawValue)]
                }),
        ]
    }

    private static func outcome(_ outcome: AblationOutcome) -> JSONValue {
        [
            "arm": .string(outcome.run.arm), "pairs": .string(outcome.run.pairs), "seed": .integer(outcome.run.seed),
            "lr": .decimal(outcome.run.rate), "beta_factor": .decimal(outcome.run.betaFactor),
            "overrides": .array(outcome.run.overrides.map { .string($0) }), "run": .string(outcome.name),
            "chain_head": .string(outcome.head), "steps": .integer(outcome.steps),
            "unet_passes": .decimal(outcome.passes), "cpu_seconds": .decimal(outcome.cpuSeconds),
            "curve": .array(outcome.curve.map { [.integer($0.step), .decimal($0.reward)] }),
            "drawings": drawings(outcome.drawings),
        ]
    }

    private static func drawings(_ drawings: Drawings) -> JSONValue {
        var object = JSONObject(
            zip(Drawings.attributeNames, drawings.attributes).map { ($0, JSONValue.decimal($1)) })
        object["all"] = .decimal(drawings.allRight)
        object["reward"] = .decimal(drawings.reward)
        object["median_reward"] = .decimal(drawings.median)
        object["score"] = .decimal(drawings.score)
        object["brightness"] = .decimal(drawings.brightness)
        object["rewards"] = .array(drawings.rewards.map { .decimal($0) })
        return .object(object)
    }
}
