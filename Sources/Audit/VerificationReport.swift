import Core

/// The result of verifying a run without a replay.
package struct VerificationReport: Sendable {
    /// The outcome.
    package enum Verdict: String, Sendable {
        /// Every digest, link and root that there is holds.
        case verified
        /// One does not; `reason` names it.
        case tampered
        /// Something that the evidence names is not there.
        case incomplete
        /// No step's record is there: what a manifest says by itself nothing speaks for. Or the run is of another contract
        /// than this program's, by which its inputs cannot be opened.
        case incomparable
    }

    /// One thing that was looked at and holds.
    package struct Check: Sendable, Equatable {
        /// The evidence: `manifest`, `golden log`, `ledger`, …
        package let name: String
        /// Its extent and its digest.
        package let detail: String
    }

    /// The run.
    package let run: String
    /// The outcome.
    package var verdict = Verdict.verified
    /// The reason, unless verified.
    package var reason: String?
    /// The evidence that holds, in the order in which it was checked.
    package var checks: [Check] = []
    /// The evidence that was not checked, with the reasons.
    package var unchecked: [Check] = []

    /// A report on `run`.
    package init(run: String) { self.run = run }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        func list(_ checks: [Check]) -> JSONValue {
            .array(checks.map { ["name": .string($0.name), "detail": .string($0.detail)] })
        }
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue), "checks": list(checks),
            "not_checked": list(unchecked),
        ]
        object["reason"] = reason.map { .string($0) }
        return .object(object)
    }
}
