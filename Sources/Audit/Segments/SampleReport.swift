import Core

/// The conclusion on a whole run from the replay of some of its segments.
package struct SampleReport: Sendable {
    /// The run.
    package let run: String
    /// The steps of the run, and the segments that they are cut into.
    package let steps: Int, plan: SegmentPlan
    /// The seed of the draw, by which the user may repeat it; nil where nothing was drawn, for all are replayed.
    package let seed: String?
    /// The results of the drawn segments, in the order of the steps.
    package let results: [SegmentResult]
    /// The check of the model that the run has handed over; nil where there was none.
    package var trained: String?
    /// The evidence that was not looked at, with the reasons.
    package var unchecked: [String] = []

    /// A report with all its parts.
    package init(run: String, steps: Int, plan: SegmentPlan, seed: String?, results: [SegmentResult]) {
        self.run = run
        self.steps = steps
        self.plan = plan
        self.seed = seed
        self.results = results
    }

    /// The gravest verdict of a segment.
    package var verdict: Verdict { .gravest(of: results.map(\.verdict)) }

    /// The chance that these draws would have met a wrong segment, for several shares of wrong ones.
    package var chances: [(share: Double, wrong: Int, chance: Double)] {
        [0.01, 0.05, 0.1, 0.2].map { share in
            let wrong = SegmentPlan.wrong(share: share, of: plan.segments.count)
            return (
                share, wrong, SegmentPlan.chance(drawn: results.count, of: plan.segments.count, wrong: wrong)
            )
        }
    }

    /// Machine-readable form.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue), "steps": .integer(steps),
            "segments": .integer(plan.segments.count), "seed": seed.map { .string($0) } ?? .null,
            "results": .array(results.map(\.json)),
            "chances": .array(
                chances.map {
                    [
                        "share_wrong": .string("\($0.share)"), "segments_wrong": .integer($0.wrong),
                        "chance_to_find": .string("\($0.chance)"),
                    ]
                }),
        ]
        object["trained"] = trained.map { .string($0) }
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        return .object(object)
    }
}
