import Comparison
import Digests
import Ledger

/// How a run and its replay lie to each other over all steps: what an audit that stops at the first difference does not
/// see.
public struct Drift: Sendable, Equatable {
    /// The run.
    public let run: String
    /// Every step that was replayed, in order.
    public var steps: [StepDrift] = []
    /// The first difference.
    public var divergence: Divergence?
    /// What the record says the run came to, and what the replay came to; nil for what is not known.
    public var recorded: ManifestOutcome?, found: ManifestOutcome?

    /// Nothing replayed yet.
    public init(run: String) { self.run = run }

    /// What kind of change it speaks of; nil where nothing differs.
    public var kind: DriftKind? { DriftKind(steps) }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    public var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "steps": .array(steps.map(\.json)),
        ]
        object["divergence"] = divergence.map { AuditReport.json($0) }
        object["recorded"] = recorded?.json
        object["found"] = found?.json
        if let kind { object["kind"] = ["word": .string(kind.word), "meaning": .string(kind.meaning)] }
        return .object(object)
    }
}
