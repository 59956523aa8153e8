import Audit
import Foundation
import Pages

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
                + counts.joined(separator: ", ") + ".")
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
    private var comparisons: [[String]] {
        let conditions =
            [(plan.pairs[0].name, "the table's pairs")] + plan.conditions.map { ($0.pairs, $0.title) }
        return conditions.flatMap { pairs, title in
            plan.comparisons.compactMap { first, second -> [String]? in
                guard let result = comparison(first, second, pairs: pairs) else { return nil }
                let gap = result.differenceInterval
                return [
                    "\(plan.arm(first).title) against \(plan.arm(second).title)", title,
                    Self.rate(result),
                    String(format: "%+.4f (%+.4f to %+.4f)", result.difference, gap.lowerBound, gap.upperBound),
                    String(format: "%.2g", result.signTest),
                ]
            }
        }
    }

    /// The head of `comparisons`.
    private static let comparisonHead = ["arms", "pairs", "win rate", "difference of rewards", "sign test"]

    /// The grid: an arm a row, a setting a column; the chosen one is marked.
    private var tuningRows: [[String]] {
        plan.arms.map { arm in
            let best = tuned(arm.name)
            return [arm.title]
                + tuning.filter { $0.run.arm == arm.name }.map { outcome in
                    String(format: "%.4f", outcome.drawings.reward) + (outcome.name == best?.name ? " *" : "  ")
                }
        }
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
            [
                set.pairs, "\(set.seed)", String(format: "%.1f %%", 100 * set.rightLabels),
                String(format: "%.1f %%", 100 * set.rightScores),
            ]
        }
    }

    /// The head of `labelRows`.
    private static let labelsHead = ["pairs", "seed", "votes as the judge", "scores as the judge"]

    /// All tables with their titles.
    private var tables: [(title: String, table: Table)] {
        let seeds = plan.seeds.map { "\($0)" }.joined(separator: ", ")
        func arms(_ rows: [AblationRow]) -> Table {
            Table(Self.head, rows.map(Self.cells), numbers: Self.numbers, room: .many)
        }
        var tables: [(title: String, table: Table)] = [
            ("Arms, on \(plan.testCaptions) test captions; seeds \(seeds)", arms(rows)),
            (
                "Arms against each other, all seeds and captions",
                Table(Self.comparisonHead, comparisons, numbers: [2, 3, 4])
            ),
        ]
        if !tuning.isEmpty {
            tables.append(
                (
                    "Tuning: reward on \(plan.validationCaptions) validation captions, seed \(plan.tuningSeed); * is chosen",
                    Table(tuningHead, tuningRows, numbers: Set(1..<tuningHead.count))
                ))
        }
        tables += plan.sweeps.map { ("Sweep: \($0.name)", arms(rows(of: $0))) }
        tables += plan.conditions.map { ("Condition: \($0.title)", arms(rows(of: $0))) }
        tables.append(("Labels of the pairs", Table(Self.labelsHead, labelRows, numbers: [1, 2, 3])))
        return tables.filter { !$0.table.rows.isEmpty }
    }
}
