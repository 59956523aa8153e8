import Audit
import Foundation
import Pages
import Studies
import Training

/// The tables of an ablation as cells, which text and Markdown both print.
struct AblationTable {
    /// A table with its title and the columns that hold numbers.
    typealias Table = (title: String, head: [String], rows: [[String]], numbers: Set<Int>)

    let report: AblationReport

    /// The head of the tables of arms.
    static let head = [
        "arm", "reward", "median", "all right", "shape", "size", "colour", "place", "backgr", "brightness", "score",
        "win rate against base", "sign test", "UNet passes", "CPU s",
    ]

    /// Columns of numbers.
    static let numbers = Set(1..<head.count)

    /// The cells of a row; means over seeds, of the reward with the standard deviation over them.
    static func cells(_ row: AblationRow) -> [String] {
        guard !row.drawings.isEmpty else { return [row.title] + head.dropFirst().map { _ in "" } }
        let reward = row.spread(\.reward)
        var cells = [
            row.title, String(format: "%.4f ± %.4f", reward.mean, reward.deviation), mean(row, "%.4f", \.median),
            mean(row, "%.3f", \.allRight),
        ]
        cells += Drawings.attributeNames.indices.map { place in mean(row, "%.3f") { $0.attributes[place] } }
        cells += [mean(row, "%+.3f", \.brightness), mean(row, "%.4f", \.score)]
        guard let comparison = row.againstBase else { return cells + ["", "", "", ""] }
        return cells + [
            rate(comparison), String(format: "%.2g", comparison.signTest),
            Figures.grouped(Int(row.mean(\.passes).rounded())), String(format: "%.0f", row.mean(\.cpuSeconds)),
        ]
    }

    private static func mean(_ row: AblationRow, _ format: String, _ figure: (Drawings) -> Double) -> String {
        String(format: format, row.spread(figure).mean)
    }

    private static func rate(_ comparison: PairedComparison) -> String {
        String(
            format: "%.3f (%.3f to %.3f)", comparison.winRate, comparison.winRateInterval.lowerBound,
            comparison.winRateInterval.upperBound)
    }

    /// Arms against each other: the table's, then each condition's, as far as both have run.
    var comparisons: [[String]] {
        let conditions =
            [(report.plan.pairs[0].name, "the table's pairs")] + report.plan.conditions.map { ($0.pairs, $0.title) }
        return conditions.flatMap { pairs, title in
            report.plan.comparisons.compactMap { first, second -> [String]? in
                guard let result = report.comparison(first, second, pairs: pairs) else { return nil }
                let gap = result.differenceInterval
                return [
                    "\(report.plan.arm(first).title) against \(report.plan.arm(second).title)", title,
                    Self.rate(result),
                    String(format: "%+.4f (%+.4f to %+.4f)", result.difference, gap.lowerBound, gap.upperBound),
                    String(format: "%.2g", result.signTest),
                ]
            }
        }
    }

    /// The head of `comparisons`.
    static let comparisonHead = ["arms", "pairs", "win rate", "difference of rewards", "sign test"]

    /// The grid: an arm a row, a setting a column; the chosen one is marked.
    var tuning: [[String]] {
        report.plan.arms.map { arm in
            let best = report.tuned(arm.name)
            return [arm.title]
                + report.tuning.filter { $0.run.arm == arm.name }.map { outcome in
                    String(format: "%.4f", outcome.drawings.reward) + (outcome.name == best?.name ? " *" : "  ")
                }
        }
    }

    /// The head of `tuning`.
    var tuningHead: [String] {
        ["arm"]
            + report.plan.rates.flatMap { rate in
                report.plan.betaFactors.map { "lr \(Figures.short(rate)), β × \(Figures.short($0))" }
            }
    }

    /// What the labels are like, a set of pairs a row.
    var labels: [[String]] {
        report.labels.map { set in
            [
                set.pairs, "\(set.seed)", String(format: "%.1f %%", 100 * set.rightLabels),
                String(format: "%.1f %%", 100 * set.rightScores),
            ]
        }
    }

    /// The head of `labels`.
    static let labelsHead = ["pairs", "seed", "votes as the judge", "scores as the judge"]

    /// All tables with their titles.
    var all: [Table] {
        let plan = report.plan
        let seeds = plan.seeds.map { "\($0)" }.joined(separator: ", ")
        var tables: [Table] = [
            (
                title: "Arms, on \(plan.testCaptions) test captions; seeds \(seeds)", head: Self.head,
                rows: report.rows.map(Self.cells), numbers: Self.numbers
            ),
            ("Arms against each other, all seeds and captions", Self.comparisonHead, comparisons, [2, 3, 4]),
        ]
        if !report.tuning.isEmpty {
            tables.append(
                (
                    "Tuning: reward on \(plan.validationCaptions) validation captions, seed \(plan.tuningSeed); * is chosen",
                    tuningHead, tuning, Set(1..<tuningHead.count)
                ))
        }
        for sweep in plan.sweeps {
            tables.append(("Sweep: \(sweep.name)", Self.head, report.rows(of: sweep).map(Self.cells), Self.numbers))
        }
        for condition in plan.conditions {
            tables.append(
                ("Condition: \(condition.title)", Self.head, report.rows(of: condition).map(Self.cells), Self.numbers))
        }
        tables.append(("Labels of the pairs", Self.labelsHead, labels, [1, 2, 3]))
        return tables.filter { !$0.rows.isEmpty }
    }

    /// What was audited.
    var audits: String {
        guard !report.audits.isEmpty else { return "No run was audited." }
        let counts = Verdict.allCases.compactMap { verdict -> String? in
            let count = report.audits.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(count) \(verdict.rawValue)"
        }
        return "Audited: a part of each of \(report.audits.count) runs, drawn by its chain head; "
            + counts.joined(separator: ", ") + "."
    }
}
