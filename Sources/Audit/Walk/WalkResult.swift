import Comparison
import Core

/// What came of a walk over a run's kept gradients.
package struct WalkResult: Sendable, Equatable {
    /// Why a walk ended before the run did.
    enum Ending: Sendable, Equatable {
        /// A kept gradient is no finite number, seen before anything is computed from it.
        case gradient(Divergence)
        /// What follows from the gradients is not what the record says.
        case update(Divergence)
        /// A gradient was not kept.
        case missing(String)
        /// What is stored of a step does not hold, or is not there.
        case judged(Verdict, String)
        /// The same of the run itself, or its latents come out otherwise, before any step.
        case unopened(Verdict, String)
    }

    /// Steps that came out.
    package var steps = 0
    /// What ended it; nil where it came to the end.
    var ending: Ending?
    /// The comparison of the outcome with those that the documents state.
    var outcome = Judgement.Outcome.notReached
    /// A contradiction of the documents with each other or with the records.
    var contradiction: String?
    /// What of latents and scores was not looked at.
    var unchecked: [String] = []
    /// The device, where it was not the processor.
    var device: String?

    /// The verdict on the walk alone.
    package var verdict: Verdict {
        switch ending {
        case .gradient, .update: .diverged
        case .missing: .incomparable
        case .judged(let verdict, _), .unopened(let verdict, _): verdict
        case nil: .reproduced
        }
    }

    /// Machine-readable form; `contract` is that of the replay, and `states` are the files that were left.
    package func json(run: String, contract: String, states: [JSONValue]) -> JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue), "contract": .string(contract),
            "steps": .integer(steps), "states": .array(states),
        ]
        switch ending {
        case .gradient(let divergence): object["ending"] = ["kind": "gradient", "divergence": divergence.json]
        case .update(let divergence): object["ending"] = ["kind": "update", "divergence": divergence.json]
        case .missing(let reason): object["ending"] = ["kind": "missing", "reason": .string(reason)]
        case .judged(_, let reason): object["ending"] = ["kind": "judged", "reason": .string(reason)]
        case .unopened(_, let reason): object["ending"] = ["kind": "unopened", "reason": .string(reason)]
        case nil: break
        }
        switch outcome {
        case .notReached: object["outcome"] = "not reached"
        case .notStated: object["outcome"] = "not stated"
        case .equal: object["outcome"] = "equal"
        case .different(let how): (object["outcome"], object["difference"]) = ("different", .string(how))
        }
        object["contradiction"] = contradiction.map { .string($0) }
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        object["device"] = device.map { .string($0) }
        return .object(object)
    }

    init() {}

    /// Reads that of `run` back. - Throws: `JSONShapeError`, also for another run's, and for one under another contract.
    package init(json cursor: JSONCursor, run: String, contract: String) throws {
        try cursor.require("run", run)
        try cursor.require("contract", contract)
        steps = try cursor["steps"].int()
        let verdict = try Verdict(json: cursor["verdict"])
        ending = try cursor["ending"].present.map { ending in
            switch try ending["kind"].string() {
            case "gradient": .gradient(try Divergence(json: ending["divergence"]))
            case "update": .update(try Divergence(json: ending["divergence"]))
            case "missing": .missing(try ending["reason"].string())
            case "judged": .judged(verdict, try ending["reason"].string())
            case "unopened": .unopened(verdict, try ending["reason"].string())
            case let kind:
                throw try ending["kind"].error(
                    expected: "gradient, update, missing, judged or unopened", found: kind)
            }
        }
        switch try cursor["outcome"].string() {
        case "not reached": outcome = .notReached
        case "not stated": outcome = .notStated
        case "equal": outcome = .equal
        case "different": outcome = .different(try cursor["difference"].string())
        case let word:
            throw try cursor["outcome"].error(
                expected: "not reached, not stated, equal or different", found: word)
        }
        contradiction = try cursor["contradiction"].present?.string()
        unchecked = try cursor["not_checked"].strings()
        device = try cursor["device"].present?.string()
        guard steps >= 0, verdict == self.verdict, verdict != .reproduced || ending == nil else {
            throw cursor.error(expected: "a verdict that its ending gives", found: verdict.rawValue)
        }
    }
}
