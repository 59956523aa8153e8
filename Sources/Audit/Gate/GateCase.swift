import Core
import Ledger

/// One golden run, replayed in one way, and its outcome.
package struct GateCase: Sendable {
    /// The run.
    package let run: String
    /// The engine that replayed it.
    package let way: GateWay
    private let workspace: Workspace
    package var outcome: GateOutcome
    /// The reason, for a run that was not compared.
    package var reason: String?
    /// The steps of the run; 0 where that is not known.
    package var steps = 0
    /// The steps that were replayed and compared; nil for none.
    package var checked: ClosedRange<Int>?
    /// The first difference.
    package var difference: Difference?
    /// The kind of change that the difference points to, in a word, and its meaning.
    package var kind: (word: String, meaning: String)?
    /// The golden run's chain head, and that of the replay; nil where it is not known.
    package var heads: (recorded: Digest?, found: Digest?) = (nil, nil)
    /// Values of today's recipe that are others than the recorded ones.
    package var changes: [RecipeChange] = []
    /// The watch on the recipe; nil where that is not known.
    package private(set) var watch: RecipeWatch?
    /// The audit's report in its JSON form, where there is one.
    package var audit: JSONValue?
    /// What was made again of a golden evaluation; nil of a run.
    package var evaluation: ReportedEvaluation?
    /// A file and a line to look at that are not those of the golden log or of the recipe.
    package var location: (file: String, line: Int)?

    /// The first difference of a replay.
    package struct Difference: Sendable, Equatable {
        /// The step, counted from 1, the phase, and the tensor or number.
        package let step: Int, phase: String, tensor: String
        /// One sentence.
        package let summary: String
        /// The operator that first gives something else, in one sentence, where one was found.
        package let operation: String?

        /// A difference.
        package init(step: Int, phase: String, tensor: String, summary: String, operation: String? = nil) {
            self.step = step
            self.phase = phase
            self.tensor = tensor
            self.summary = summary
            self.operation = operation
        }
    }

    /// A case of which nothing is known but its outcome.
    package init(
        run: String, way: GateWay, in workspace: Workspace, outcome: GateOutcome, reason: String? = nil
    ) {
        self.run = run
        self.way = way
        self.workspace = workspace
        self.outcome = outcome
        self.reason = reason
    }

    /// Notes what watches the recipe. A run that is reproduced and that nothing watches does not pass, unless its
    /// policy says why.
    package mutating func note(_ watch: RecipeWatch) {
        self.watch = watch
        guard case .nothing(let why) = watch, outcome == .reproduced else { return }
        (outcome, reason) = (.unwatched, why)
        location = ("\(workspace.golden(run))/\(GoldenPolicy.fileName)", 1)
    }

    /// The reason why no recipe watches the run; nil where one does, or where that is not known.
    package var unwatched: String? { watch?.unwatched }

    /// The run and the way, as `run-42 (avx2, 3 workers)`.
    package var name: String { way.description.isEmpty ? run : "\(run) (\(way.description))" }

    /// The steps of the run that were not replayed.
    package var unchecked: [ClosedRange<Int>] {
        guard steps > 0 else { return [] }
        guard let checked else { return [1...steps] }
        return [(1, checked.lowerBound - 1), (checked.upperBound + 1, steps)].compactMap { $0 <= $1 ? $0...$1 : nil }
    }

    /// The file and the line to look at: the step that differs in the golden log, the key of the recipe.
    package var place: (file: String, line: Int) {
        if let location { return location }
        if evaluation != nil { return (workspace.goldenEvaluation(run), 1) }
        if outcome == .recipe, let change = changes.first { return (change.file, change.line ?? 1) }
        return ("\(workspace.golden(run))/log.jsonl", difference?.step ?? 1)
    }

    /// Machine-readable form.
    package var json: JSONValue {
        func range(_ steps: ClosedRange<Int>) -> JSONValue { [.integer(steps.lowerBound), .integer(steps.upperBound)] }
        var object: JSONObject = [
            "run": .string(run), "way": way.json, "outcome": .string(outcome.rawValue), "steps": .integer(steps),
            "checked": checked.map(range) ?? .null, "unchecked": .array(unchecked.map(range)),
        ]
        if let evaluation {
            object["evaluation"] = [
                "pictures": .integer(evaluation.pictures), "scores": .integer(evaluation.scores),
                "digest": .digest(evaluation.digest),
                "found_digest": evaluation.found.map { .digest($0) } ?? .null,
            ]
        }
        object["reason"] = reason.map { .string($0) }
        object["recipe_changes"] = changes.isEmpty ? nil : .array(changes.map(\.json))
        object["recipe"] = watch?.json
        object["recorded_head"] = heads.recorded.map { .digest($0) }
        object["found_head"] = heads.found.map { .digest($0) }
        if let kind { object["kind"] = ["word": .string(kind.word), "meaning": .string(kind.meaning)] }
        if let difference {
            object["difference"] = [
                "step": .integer(difference.step), "phase": .string(difference.phase),
                "tensor": .string(difference.tensor), "summary": .string(difference.summary),
            ]
        }
        // A run that was equal in every step needs no figures of each.
        if [.reproduced, .recipe, .unwatched].contains(outcome), case .object(var report)? = audit {
            report["drift"] = nil
            object["audit"] = .object(report)
        } else {
            object["audit"] = audit
        }
        return .object(object)
    }
}
