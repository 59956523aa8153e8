import Comparison
import Core
import Ledger

/// The conclusion on a run from all its updates and from drawn steps and lanes.
package struct UnitReport: Sendable {
    /// The run.
    package let run: String
    /// The verdict and its reason.
    package var judgement: Judgement
    package var verdict: Verdict { judgement.verdict }
    /// The draw; nil where nothing was drawn.
    package var draw: UnitDraw?
    /// The seed of the draw.
    package var seed = ""
    /// Steps whose update was compared, and how many of them were computed whole.
    package var updates = 0, wholeSteps = 0
    /// Drawn lanes that were computed, those of whole steps among them.
    package var lanes = 0
    /// The first difference.
    package var divergence: Divergence?
    /// What the replay was compared with.
    package var evidence: [EvidenceKind] = []
    /// The contract that the replay computed by, and the device, where it was not the processor.
    package var contract: String?, device: String?
    /// What of the drawn lanes the record does not state one by one, and what was not looked at besides.
    package var unchecked: [String] = []

    /// A report on `run`.
    package init(run: String, _ judgement: Judgement) { (self.run, self.judgement) = (run, judgement) }

    /// A chance to find wrong units.
    package struct Chance: Sendable, Equatable {
        /// The wrong units, and how many there are.
        package let wrong: Int, count: Int
        /// The chance that a draw meets one of them.
        package let chance: Double
    }

    private static func chances(drawn: Int, of count: Int) -> [Chance] {
        var found: [Chance] = []
        for share in [0.01, 0.05, 0.1, 0.2] {
            let wrong = SegmentPlan.wrong(share: share, of: count)
            if found.last?.wrong == wrong { continue }
            found.append(
                Chance(wrong: wrong, count: count, chance: SegmentPlan.chance(drawn: drawn, of: count, wrong: wrong)))
        }
        return found
    }

    /// The chance that the drawn steps have one of which gradients or their sum are wrong.
    package var stepChances: [Chance] {
        draw.map { UnitReport.chances(drawn: $0.steps.count, of: $0.stepCount) } ?? []
    }

    /// The chance that the drawn lanes have a wrong one; of a run without lanes there are none.
    package var laneChances: [Chance] {
        guard let draw, draw.laneCount > 1 else { return [] }
        return UnitReport.chances(drawn: draw.lanes.count, of: draw.stepCount * draw.laneCount)
    }

    /// What neither the updates nor the draw speak of.
    var outside: [String] {
        guard let draw, draw.steps.count < draw.stepCount else { return [] }
        let rest = draw.stepCount - draw.steps.count
        let drawn = draw.laneCount > 1 ? ", but for the drawn lanes" : ""
        return [
            "gradients of \(rest) steps: that the kept ones are those of the steps' pairs\(drawn)"
        ] + (draw.laneCount > 1 ? ["sums of the lanes of \(rest) steps: that the gradients are their lanes' sum"] : [])
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        func list(_ chances: [Chance]) -> JSONValue {
            .array(
                chances.map {
                    [
                        "wrong": .integer($0.wrong), "of": .integer($0.count),
                        "chance_to_find": .string("\($0.chance)"),
                    ]
                })
        }
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue), "updates": .integer(updates),
            "whole_steps": .integer(wholeSteps), "lanes": .integer(lanes),
            "evidence": .array(evidence.map { .string($0.rawValue) }),
        ]
        if let draw {
            object["drawn"] = [
                "seed": .string(seed), "steps": .array(draw.steps.map { .integer($0) }),
                "of_steps": .integer(draw.stepCount), "lanes_each": .integer(draw.laneCount),
                "lanes": .array(draw.lanes.map { ["step": .integer($0.step), "lane": .integer($0.lane)] }),
            ]
            object["chances"] = ["steps": list(stepChances), "lanes": list(laneChances)]
        }
        object["contract"] = contract.map { .string($0) }
        object["device"] = device.map { .string($0) }
        object["reason"] = judgement.reason.map { .string($0) }
        object["divergence"] = divergence?.json
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        return .object(object)
    }
}
