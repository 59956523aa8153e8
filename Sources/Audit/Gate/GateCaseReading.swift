import Digests
import Ledger

extension GateCase {
    /// What the report of an audit, in its JSON form, says of a golden run; `changes` are those of its recipe. A report
    /// that says reproduced and does not tell what was compared is trouble, not a pass. - Throws: `JSONShapeError`.
    public init(run: String, way: GateWay, audit cursor: JSONCursor, changes: [RecipeChange]) throws {
        let word = try cursor["verdict"].string()
        guard let verdict = Verdict(rawValue: word) else {
            throw try cursor["verdict"].error(expected: "a verdict", found: "\"\(word)\"")
        }
        guard try cursor["run"].string() == run else {
            throw try cursor["run"].error(expected: "\"\(run)\"", found: "\"\(try cursor["run"].string())\"")
        }
        self.init(run: run, way: way, outcome: GateCase.outcome(verdict, changes))
        (self.changes, audit) = (changes, cursor.value)
        reason = try cursor["reason"].present?.string()
        steps = try cursor["steps"].int()
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
        guard verdict == .reproduced || verdict == .diverged else { return }
        if let segment = try cursor["segment"].present {
            checked = try segment["first"].int()...max(try segment["first"].int(), try segment["last"].int())
        } else {
            checked = steps > 0 ? 1...steps : nil
        }
        try requireComparison(cursor, verdict)
    }

    private static func outcome(_ verdict: Verdict, _ changes: [RecipeChange]) -> GateOutcome {
        switch verdict {
        case .reproduced: changes.isEmpty ? .reproduced : .recipe
        case .diverged: .diverged
        case .tampered: .tampered
        // A golden run is compared bit by bit, or it is not compared.
        case .withinBand, .incomparable: .incomparable
        }
    }

    private mutating func requireComparison(_ cursor: JSONCursor, _ verdict: Verdict) throws {
        let evidence = try cursor["evidence"].elements().map { try $0.string() }
        if !evidence.contains("golden log") {
            (outcome, reason) = (.missing, "the audit did not compare with a golden log, only with \(evidence)")
        } else if verdict == .reproduced, try checked.map(\.count) != cursor["equal_steps"].int() {
            (outcome, reason) = (
                .trouble,
                "the audit says reproduced, but only \(try cursor["equal_steps"].int()) steps were equal"
            )
        }
    }
}
