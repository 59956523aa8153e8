import Core

extension AblationReport {
    /// For other programs: every run with all that was measured, and the comparisons.
    package var json: JSONValue {
        let pairs = [plan.pairs[0].name] + plan.conditions.map(\.pairs)
        let comparisons = pairs.flatMap { pairs in
            plan.comparisons.flatMap { first, second in
                judges.enumerated().compactMap { place, judge -> JSONValue? in
                    comparison(first, second, pairs: pairs, judge: place).map {
                        [
                            "arm": .string(first), "against": .string(second), "pairs": .string(pairs),
                            "judge": .string(judge), "result": $0.json,
                        ]
                    }
                }
            }
        }
        let table = zip([nil] + plan.arms.map(\.name), rows).map { arm, row -> JSONValue in
            let reward = row.spread(\.reward)
            return [
                "arm": arm.map { .string($0) } ?? .null, "title": .string(row.title), "reward": .decimal(reward.mean),
                "deviation_over_seeds": .decimal(reward.deviation), "against_base": row.againstBase()?.json ?? .null,
            ]
        }
        var object: JSONObject = [
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
                        "pairs": .string($0.pairs), "seed": .integer($0.seed), "count": .integer($0.count),
                        "ties": .integer($0.ties), "right_votes": $0.rightLabels.map { .decimal($0) } ?? .null,
                        "right_scores": $0.rightScores.map { .decimal($0) } ?? .null,
                    ]
                }),
            "audits": .array(
                audits.map {
                    ["run": .string($0.run), "steps": .string($0.steps), "verdict": .string($0.verdict.rawValue)]
                }),
        ]
        if !protocolRows.isEmpty {
            object["protocol"] = .array(
                protocolRows.map { ["what": .string($0.name), "how": .string($0.value)] })
        }
        return .object(object)
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
        guard let shapes = drawings.shapes else {
            return [
                "evaluation": drawings.digest.map { .string($0) } ?? .null,
                "judgements": .array(
                    drawings.judgements.map {
                        [
                            "judge": .string($0.judge), "median": .decimal($0.median), "mean": .decimal($0.mean),
                            "scores": .array($0.values.map { .decimal($0) }),
                        ]
                    }),
            ]
        }
        var object = JSONObject(
            zip(Drawings.ShapesFigures.attributeNames, shapes.attributes).map { ($0, JSONValue.decimal($1)) })
        object["all"] = .decimal(shapes.allRight)
        object["reward"] = .decimal(drawings.reward)
        object["median_reward"] = .decimal(shapes.median)
        object["score"] = .decimal(shapes.score)
        object["brightness"] = .decimal(shapes.brightness)
        object["rewards"] = .array(drawings.rewards.map { .decimal($0) })
        return .object(object)
    }
}
