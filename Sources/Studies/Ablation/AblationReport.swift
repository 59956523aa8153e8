import Audit
import Core
import Pages
import Training

/// The results of an ablation, as far as it has come.
package struct AblationReport: Sendable {
    /// The plan.
    package var plan: AblationPlan
    /// The bases' drawings for test captions, by base and seed.
    package var bases: [(base: String, seed: UInt64, drawings: Drawings)]
    /// The reward of the table's base on the captions of the reward curves, a seed at a time; empty if it was not
    /// drawn.
    package var curveBases: [Double] = []
    /// How reward models came to their figures; empty where the rules of the shapes world judge.
    package var protocolRows: [Fact] = []
    /// The tuning runs.
    package var tuning: [AblationOutcome]
    /// The reported runs: the table's, those of sweeps, and those of conditions.
    package var runs: [AblationOutcome]
    /// Audited parts of reported runs: the run, the steps, the verdict.
    package var audits: [(run: String, steps: String, verdict: Verdict)]
    /// What came of the pairs that were made.
    package var labels: [Labels]

    /// A set of pairs that was made, and the noise of its labels.
    package struct Labels: Sendable, Equatable {
        /// Its name and seed.
        package var pairs: String, seed: UInt64
        /// Pairs, and those of them whose label is a tie.
        package var count: Int, ties: Int
        /// The shares of labels and of scores that the judge of the shapes world agrees with; nil where it has no opinion.
        package var rightLabels: Double?, rightScores: Double?

        /// Reads the outcome of `smpo data generate --json`. - Throws: `JSONShapeError`.
        init(_ pairs: String, _ seed: UInt64, _ outcome: JSONCursor) throws {
            func share(_ name: String) throws -> Double? {
                let judged = try outcome["\(name)_judged"].int()
                return judged == 0 ? nil : Double(try outcome["\(name)_right"].int()) / Double(judged)
            }
            (self.pairs, self.seed) = (pairs, seed)
            (count, ties) = (try outcome["pairs"].int(), try outcome["ties"].int())
            (rightLabels, rightScores) = (try share("labels"), try share("scores"))
        }
    }

    /// A report without results.
    package init(_ plan: AblationPlan) {
        self.plan = plan
        (bases, tuning, runs, audits, labels) = ([], [], [], [], [])
    }

    /// The setting of an arm that drew best on validation captions; the first of equals. Nil without tuning runs.
    package func tuned(_ arm: String) -> AblationOutcome? {
        var best: AblationOutcome?
        for outcome in tuning where outcome.run.arm == arm {
            if outcome.drawings.reward > best?.drawings.reward ?? -.infinity { best = outcome }
        }
        return best
    }

    /// The rows of the main table.
    package var rows: [AblationRow] {
        [base(of: plan.pairs[0])] + plan.arms.map { row($0.title, arm: $0.name, pairs: plan.pairs[0]) }
    }

    /// The rows of a sweep: each value, and the arm as it stands in the main table.
    package func rows(of sweep: AblationPlan.Sweep) -> [AblationRow] {
        let arm = plan.arm(sweep.arm)
        return [row("\(arm.title), as in the table", arm: arm.name, pairs: plan.pairs[0])]
            + sweep.values.map {
                row("\(sweep.key) \($0)", arm: arm.name, pairs: plan.pairs[0], overrides: ["\(sweep.key)=\($0)"])
            }
    }

    /// The rows of a condition.
    package func rows(of condition: AblationPlan.Condition) -> [AblationRow] {
        let pairs = plan.pairs(condition.pairs)
        return [base(of: pairs)] + condition.arms.map { row(plan.arm($0).title, arm: $0, pairs: pairs) }
    }

    /// Two arms over all seeds and captions of a set of pairs; nil where runs are missing.
    /// - Parameter judge: which of several reward models judges.
    package func comparison(_ arm: String, _ other: String, pairs: String, judge: Int = 0) -> PairedComparison? {
        let (first, second) = (outcomes(arm, pairs, []), outcomes(other, pairs, []))
        guard !first.isEmpty, first.map(\.run.seed) == second.map(\.run.seed) else { return nil }
        return PairedComparison(
            first.flatMap { $0.drawings.judgements[judge].values },
            against: second.flatMap { $0.drawings.judgements[judge].values })
    }

    private func outcomes(_ arm: String, _ pairs: String, _ overrides: [String]) -> [AblationOutcome] {
        runs.filter { $0.run.arm == arm && $0.run.pairs == pairs && $0.run.overrides == overrides }
    }

    private func base(of pairs: AblationPlan.Pairs) -> AblationRow {
        AblationRow(
            title: "base (\(pairs.base))", drawings: plan.seeds.compactMap { drawings(of: pairs.base, $0) },
            outcomes: [], bases: [])
    }

    private func drawings(of base: String, _ seed: UInt64) -> Drawings? {
        bases.first { $0.base == base && $0.seed == seed }?.drawings
    }

    private func row(
        _ title: String, arm: String, pairs: AblationPlan.Pairs, overrides: [String] = []
    ) -> AblationRow {
        let outcomes = outcomes(arm, pairs.name, overrides)
        let bases = outcomes.compactMap { drawings(of: pairs.base, $0.run.seed) }
        return AblationRow(
            title: title, drawings: outcomes.map(\.drawings), outcomes: outcomes,
            bases: bases.count < outcomes.count ? [] : bases)
    }
}
