import Audit
import Foundation
import Pages
import Preferences

extension AblationReport {
    /// The ablation as every presenter shows it: a child a table; what it comes to is what its audits do.
    package var finding: Finding {
        var finding = Finding(of: plan.name, "ablation", conclusion)
        finding.children = tables.enumerated().map { place, part in
            var child = Finding("table-\(place + 1)", part.title)
            child.contents = [.table(part.table)]
            return child
        }
        return finding
    }

    private var conclusion: Finding.Conclusion {
        guard !audits.isEmpty else { return .init("not audited", .open, "No run was audited.") }
        let counts = Verdict.allCases.compactMap { verdict -> String? in
            let count = audits.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(count) \(verdict.rawValue)"
        }
        return Verdict.gravest(of: audits.map(\.verdict)).conclusion(
            "Audited: a part of each of \(audits.count) runs, drawn by its chain head; "
                + counts.joined(separator: ", ") + "." + notAudited)
    }

    /// What no audit looked at, of ablations that reward models judge.
    private var notAudited: String {
        guard plan.judging != nil else { return "" }
        let others = tuning.count + runs.count - audits.count
        let made = labels.isEmpty ? "" : "pairs that were made (smpo data generate --check), "
        return " Not audited: " + (others > 0 ? "\(others) other runs, of tuning, sweeps and conditions; " : "") + made
            + "pictures and scores that are judged."
    }

    /// The head of the tables of arms.
    private static let head = [
        "arm", "reward", "median", "all right", "shape", "size", "colour", "place", "backgr", "brightness", "score",
        "win rate against base", "sign test", "UNet passes", "CPU s",
    ]

    /// Columns of numbers.
    private static let numbers = Set(1..<head.count)

    /// The cells of a row; means over seeds, of the reward with the standard deviation over them.
    private static func cells(_ row: AblationRow) -> [String] {
        guard !row.drawings.isEmpty else { return [row.title] + head.dropFirst().map { _ in "" } }
        let reward = row.spread(\.reward)
        var cells = [
            row.title, String(format: "%.4f ± %.4f", reward.mean, reward.deviation), mean(row, "%.4f", \.median),
            mean(row, "%.3f", \.allRight),
        ]
        cells += Drawings.ShapesFigures.attributeNames.indices.map { place in mean(row, "%.3f") { $0.attributes[place] }
        }
        cells += [mean(row, "%+.3f", \.brightness), mean(row, "%.4f", \.score)]
        guard let comparison = row.againstBase() else { return cells + ["", "", "", ""] }
        return cells + [rate(comparison), String(format: "%.2g", comparison.signTest)] + cost(row)
    }

    /// UNet passes and processor seconds of a row's runs.
    static func cost(_ row: AblationRow) -> [String] {
        guard !row.outcomes.isEmpty else { return ["", ""] }
        return [
            Figures.grouped(Int(row.mean(\.passes).rounded())), String(format: "%.0f", row.mean(\.cpuSeconds)),
        ]
    }

    private static func mean(
        _ row: AblationRow, _ format: String, _ figure: (Drawings.ShapesFigures) -> Double
    ) -> String {
        String(format: format, row.spread { $0.shapes.map(figure) ?? .nan }.mean)
    }

    static func rate(_ comparison: PairedComparison) -> String {
        String(
            format: "%.3f (%.3f to %.3f)", comparison.winRate, comparison.winRateInterval.lowerBound,
            comparison.winRateInterval.upperBound)
    }

    /// Arms against each other: the table's, then each condition's, as far as both have run.
    private func comparisons(_ judge: Int) -> [[String]] {
        let conditions =
            [(plan.pairs[0].name, "the table's pairs")] + plan.conditions.map { ($0.pairs, $0.title) }
        return conditions.flatMap { pairs, title in
            plan.comparisons.compactMap { first, second -> [String]? in
                guard let result = comparison(first, second, pairs: pairs, judge: judge) else { return nil }
                let gap = result.differenceInterval
                return [
                    "\(plan.arm(first).title) against \(plan.arm(second).title)", title,
                    Self.rate(result),
                    "\(shown(result.difference, judge)) (\(shown(gap.lowerBound, judge)) to \(shown(gap.upperBound, judge)))",
                    String(format: "%.2g", result.signTest),
                ]
            }
        }
    }

    /// The head of `comparisons`.
    private static let comparisonHead = ["arms", "pairs", "win rate", "difference of rewards", "sign test"]

    /// A difference of a judge's values, as these are usually shown.
    private func shown(_ difference: Double, _ judge: Int) -> String {
        guard let kind = RewardKind.named(judges[judge]) else { return String(format: "%+.4f", difference) }
        return String(format: "%+.\(kind.displayDigits)f", difference * kind.displayFactor)
    }

    /// The grid: an arm a row, a setting a column; the chosen one is marked.
    private var tuningRows: [[String]] {
        plan.arms.map { arm in
            let best = tuned(arm.name)
            return [arm.title]
                + tuning.filter { $0.run.arm == arm.name }.map { outcome in
                    text(outcome.drawings.reward) + (outcome.name == best?.name ? " *" : "  ")
                }
        }
    }

    /// A mean of the first judge's.
    private func text(_ value: Double) -> String {
        guard let kind = RewardKind.named(judges[0]) else { return String(format: "%.4f", value) }
        return String(format: "%.\(kind.displayDigits)f", value * kind.displayFactor)
    }

    /// The head of `tuningRows`.
    private var tuningHead: [String] {
        ["arm"]
            + plan.rates.flatMap { rate in
                plan.betaFactors.map { "lr \(Figures.short(rate)), β × \(Figures.short($0))" }
            }
    }

    /// What the labels are like, a set of pairs a row.
    private var labelRows: [[String]] {
        labels.map { set in
            [set.pairs, "\(set.seed)", "\(set.count)", "\(set.ties)"]
                + [set.rightLabels, set.rightScores].map { $0.map { String(format: "%.1f %%", 100 * $0) } ?? "" }
        }
    }

    /// The head of `labelRows`.
    private static let labelsHead = [
        "pairs", "seed", "count", "ties", "votes as the judge", "scores as the judge",
    ]

    private var tuningTitle: String {
        let judged =
            plan.judging == nil
            ? "reward on \(plan.validationCaptions) validation captions"
            : "\(title(of: 0))'s mean on \(tuning.first?.drawings.rewards.count ?? 0) validation prompts"
        return "Tuning: \(judged), seed \(plan.tuningSeed); * is chosen"
    }

    /// All tables with their titles.
    private var tables: [(title: String, table: Table)] {
        let seeds = plan.seeds.map { "\($0)" }.joined(separator: ", ")
        func arms(_ title: String, _ rows: [AblationRow]) -> [(title: String, table: Table)] {
            guard plan.judging == nil else { return rewardTables(title, rows) }
            return [(title, Table(Self.head, rows.map(Self.cells), numbers: Self.numbers, room: .many))]
        }
        let drawn =
            plan.judging == nil
            ? "\(plan.testCaptions) test captions" : "\(rows.first?.drawings.first?.rewards.count ?? 0) prompts"
        var tables = arms("Arms, on \(drawn); seeds \(seeds)", rows)
        tables += judges.indices.map { judge in
            let by = plan.judging == nil ? "" : ", by \(title(of: judge))"
            return (
                "Arms against each other\(by), all seeds and captions",
                Table(Self.comparisonHead, comparisons(judge), numbers: [2, 3, 4])
            )
        }
        if !tuning.isEmpty {
            tables.append(
                (
                    tuningTitle,
                    Table(tuningHead, tuningRows, numbers: Set(1..<tuningHead.count))
                ))
        }
        tables += plan.sweeps.flatMap { arms("Sweep: \($0.name)", rows(of: $0)) }
        tables += plan.conditions.flatMap { arms("Condition: \($0.title)", rows(of: $0)) }
        tables.append(("Labels of the pairs", Table(Self.labelsHead, labelRows, numbers: [1, 2, 3, 4, 5])))
        tables.append(("Protocol", Table(["what", "how"], protocolRows.map { [$0.name, $0.value] }, room: .many)))
        return tables.filter { !$0.table.rows.isEmpty }
    }
}
