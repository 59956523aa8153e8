import Comparison
import Core
import Ledger

/// The differences of a run and its replay over all steps, which an audit that stops at the first one does not see.
package struct Drift: Sendable, Equatable {
    /// The run.
    package let run: String
    /// The inputs that differ: none where the replay started from what the manifest says.
    package var inputs: [DocumentDifference] = []
    /// Every step that was replayed and of which there is a record, in order.
    package var steps: [StepDrift] = []
    /// The first difference.
    package var divergence: Divergence?
    /// The recorded outcome and that of the replay; nil where it is not known.
    package var recorded: ManifestOutcome?, found: ManifestOutcome?

    /// Nothing replayed yet.
    package init(run: String) { self.run = run }

    /// The kind of change that it points to; nil where nothing differs.
    package var kind: DriftKind? {
        guard inputs.isEmpty else {
            return inputs.contains { $0.path == "seed" || $0.path.hasPrefix("recipe") } ? .recipe : .inputs
        }
        return DriftKind(steps)
    }

    /// The chain heads: the recorded one, and the one that would take its place.
    package var heads: (recorded: Digest?, found: Digest?) { (recorded?.chainHead, found?.chainHead) }

    /// The furthest number of all steps, with its step.
    package var furthest: (step: Int, number: StepDrift.Furthest)? {
        steps.compactMap { step in step.furthest.map { (step: step.step, number: $0) } }
            .max { $0.number.ulp < $1.number.ulp }
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "steps": .array(steps.map(\.json)),
        ]
        object["inputs"] = inputs.isEmpty ? nil : .array(inputs.map(\.json))
        object["divergence"] = divergence?.json
        object["recorded"] = recorded?.json
        object["found"] = found?.json
        object["kind"] = kind?.json
        return .object(object)
    }
}

extension DriftKind {
    /// The word and what it means.
    package var json: JSONValue { ["word": .string(word), "meaning": .string(meaning)] }
}
