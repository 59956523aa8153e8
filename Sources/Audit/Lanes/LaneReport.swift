import Comparison
import Core
import Ledger

/// The result of an audit of one lane of one step.
package struct LaneReport: Sendable {
    /// The run.
    package let run: String
    /// The step, the lane from 1, and how many there are.
    package let step: Int, lane: Int, lanes: Int
    /// The verdict and its reason.
    package var judgement: Judgement
    package var verdict: Verdict { judgement.verdict }
    /// The lane's items in the batch, from 0, and the number of the batch's.
    package var items = 0..<0, itemCount = 0
    /// The step after whose checkpoint the replay began, 0 for the beginning; the steps after it were done again, and
    /// compared, for the weights.
    package var checkpoint = 0
    /// The first difference: of the lane, or of a step before it.
    package var divergence: Divergence?
    /// Entries of the step's record that were compared, and single tensors.
    package var entries = 0, tensors = 0
    /// The evidence that the lane was compared with.
    package var evidence: [EvidenceKind] = []
    /// What was not looked at.
    package var unchecked: [String] = []
    /// The contract that the replay computed by, and the device, where it was not the processor.
    package var contract: String?, device: String?

    init(run: String, step: Int, lane: Int, lanes: Int, _ judgement: Judgement) {
        (self.run, self.step, self.lane, self.lanes, self.judgement) = (run, step, lane, lanes, judgement)
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue),
            "lane": [
                "step": .integer(step), "lane": .integer(lane), "lanes": .integer(lanes),
                "first_item": .integer(items.lowerBound), "items": .integer(items.count),
                "items_of_step": .integer(itemCount), "checkpoint": .integer(checkpoint),
                "entries": .integer(entries), "tensors": .integer(tensors),
            ],
            "evidence": .array(evidence.map { .string($0.rawValue) }),
        ]
        object["contract"] = contract.map { .string($0) }
        object["device"] = device.map { .string($0) }
        object["reason"] = judgement.reason.map { .string($0) }
        object["divergence"] = divergence?.json
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        return .object(object)
    }
}
