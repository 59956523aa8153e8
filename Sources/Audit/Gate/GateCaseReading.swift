import Core
import Ledger

extension GateCase {
    /// Reads the case of a golden evaluation from the JSON report of its check, which must be of that report and, where it
    /// passes, of all in it. - Throws: `JSONShapeError`.
    package init(
        evaluation record: EvaluationRecord, _ name: String, way: GateWay, in workspace: Workspace,
        check cursor: JSONCursor
    ) throws {
        let check = try ReportedEvaluation(json: cursor)
        guard check.report == record.file, check.digest == record.digest, check.pictures == record.pictures,
            check.scores == record.scores
        else { throw cursor.error(expected: "the check of \(record.file)", found: "that of \(check.report)") }
        let problem = check.contradiction
        self.init(
            run: name, way: way, in: workspace, outcome: problem == nil ? GateOutcome(check.verdict) : .trouble,
            reason: problem ?? (check.verdict.isPass ? nil : check.says))
        (evaluation, audit) = (check, cursor.value)
    }

    /// Reads the case of a golden run from the JSON report of its audit; `changes` are those of its recipe. A report
    /// that says reproduced and does not tell what was compared is trouble, not a pass. - Throws: `JSONShapeError`.
    package init(
        run: String, way: GateWay, in workspace: Workspace, audit cursor: JSONCursor, changes: [RecipeChange]
    ) throws {
        let report = try ReportedAudit(json: cursor)
        guard report.run == run else {
            throw try cursor["run"].error(expected: "\"\(run)\"", found: "\"\(report.run)\"")
        }
        let (outcome, problem) = GateOutcome.judge(report, changes: changes)
        self.init(run: run, way: way, in: workspace, outcome: outcome, reason: problem ?? report.reason)
        self.changes = changes
        audit = cursor.value
        (steps, checked) = (report.steps, report.checked)
        if let divergence = try cursor["divergence"].present {
            difference = Difference(
                step: try divergence["step"].int(), phase: try divergence["phase"].string(),
                tensor: try divergence["tensor"].string(), summary: try divergence["summary"].string(),
                operation: try cursor["operator"].present?["summary"].string())
        }
        if let kind = try cursor["kind"].present {
            self.kind = (try kind["word"].string(), try kind["meaning"].string())
        } else if outcome == .recipe {
            self.kind = (DriftKind.recipe.word, DriftKind.recipe.meaning)
        }
        let drift = try cursor["drift"].present
        heads = (
            try drift?["recorded"].present?["chain_head"].digest(),
            // By the recorded recipe; what would take the golden run's place is by the present one.
            outcome == .recipe ? nil : try drift?["found"].present?["chain_head"].digest()
        )
    }
}
