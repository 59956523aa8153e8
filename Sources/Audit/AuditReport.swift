import Comparison
import Core
import Ledger

/// The result of an audit.
package struct AuditReport: Sendable {
    /// The run.
    package let run: String
    /// The verdict and its reason.
    package var judgement: Judgement
    package var verdict: Verdict { judgement.verdict }
    /// The reason, for `tampered` and `incomparable`; else the part that was not compared, where that is not for want
    /// of time or by order.
    package var reason: String? { judgement.reason }
    /// The name of the contract that the replay computed by; nil where nothing was replayed.
    package var contract: String?
    /// What computed the replay, where that was not the processor: "cuda:0 (NVIDIA H200)".
    package var device: String?
    /// The first difference of the replay, for `diverged`.
    package var divergence: Divergence?
    /// The operator of that step which first differs, where one was found.
    package var operators: OperatorDivergence?
    /// The cause of the divergence, as far as it is known.
    package var cause: Cause?
    /// Notes on the search for the operator.
    package var notes: [String] = []
    /// A part of a run that was replayed by itself.
    package struct Segment: Sendable, Equatable {
        /// The steps that were asked for.
        package let steps: ClosedRange<Int>
        /// The step after whose checkpoint the replay began; 0 for the beginning of the run.
        package let checkpoint: Int
    }

    /// The part that was replayed; nil for the whole run.
    package var segment: Segment?
    /// The evidence that the replay was compared with.
    package var evidence: [EvidenceKind] = []
    /// Steps of the run, and how many were replayed and equal.
    package var steps = 0, equalSteps = 0
    /// The check of the model that the run has handed over; nil where there was none.
    package var trained: String?
    /// The evidence that was not looked at, with the reasons.
    package var unchecked: [String] = []
    /// Known keys that have signed the run.
    package var signers: [VerifyingKey] = []
    /// The measurements of a replay within a band.
    package var band: BandFindings?
    /// The replay's chain head.
    package var chainHead: Digest?
    /// The distances of record and replay step by step, where the replay went on to the end.
    package var drift: Drift?

    /// A report on `run`.
    package init(run: String, _ judgement: Judgement) { (self.run, self.judgement) = (run, judgement) }

    /// As much of a report as its JSON form says in single members.
    init(_ audit: ReportedAudit) {
        self.init(run: audit.run, Judgement(audit))
        (contract, evidence, segment) = (audit.contract, audit.evidence, audit.segment)
        (steps, equalSteps) = (audit.steps, audit.equalSteps)
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue),
            "evidence": .array(evidence.map { .string($0.rawValue) }), "steps": .integer(steps),
            "equal_steps": .integer(equalSteps),
        ]
        object["contract"] = contract.map { .string($0) }
        object["device"] = device.map { .string($0) }
        object["signers"] = signers.isEmpty ? nil : .array(signers.map { .digest($0.id) })
        object["reason"] = reason.map { .string($0) }
        object["trained"] = trained.map { .string($0) }
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        object["band"] = band?.json
        object["chain_head"] = chainHead.map { .digest($0) }
        if let segment {
            object["segment"] = [
                "first": .integer(segment.steps.lowerBound), "last": .integer(segment.steps.upperBound),
                "checkpoint": .integer(segment.checkpoint),
            ]
        }
        object["divergence"] = divergence?.json
        object["operator"] = operators?.json
        object["cause"] = cause.map { .string($0.rawValue) }
        object["drift"] = drift?.json
        object["kind"] = drift?.kind?.json
        object["notes"] = notes.isEmpty ? nil : .array(notes.map { .string($0) })
        return .object(object)
    }
}
