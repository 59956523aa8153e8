import Core
import Datasets
import Foundation
import Pages
import Preferences

extension PromptEvaluationReport {
    /// The report as every presenter shows it; a page has `pictures` too.
    package func finding(pictures: [Gallery.Item] = []) -> Finding {
        var finding = Finding("", title)
        finding.subject = "evaluation on prompts"
        var children = [
            part(
                "medians", "Medians over \(places.count) prompts, as they are usually shown",
                scores(\.median, \.medianInterval)),
            part("means", "Means", scores(\.mean, \.meanInterval)),
        ]
        if models.count > 1 {
            children.append(part("wins", "\(name(models.count - 1)) against \(name(0)), prompt by prompt", wins))
        }
        if !styles.isEmpty {
            children += rewards.indices.map { reward in
                part("styles-\(reward + 1)", "\(rewards[reward].kind.title) by style", self.styles(reward))
            }
        }
        if !pictures.isEmpty {
            var child = Finding(
                "side-by-side", "Pictures",
                says: [
                    "\(pictures.count) of \(places.count) prompts, evenly chosen, with their scores; large pictures are made smaller."
                ])
            child.contents = [.gallery(Gallery(pictures))]
            children.append(child)
        }
        children.append(part("protocol", "Protocol", protocolTable))
        finding.children = children
        finding.unchecked = omissions
        return finding
    }

    private var title: String {
        models.map { VisibleText.of($0.source.model) }.reversed().joined(separator: " against ")
    }

    private func name(_ model: Int) -> String { VisibleText.of(models[model].source.model) }

    private func part(_ key: String, _ title: String, _ table: Table) -> Finding {
        var child = Finding(key, title)
        child.contents = [.table(table)]
        return child
    }

    private var omissions: [Finding.Omission] {
        var all = [
            Finding.Omission(
                "what people see", "reward models have scored the pictures, and they have tastes of their own"),
            Finding.Omission(
                "other draws",
                "intervals are 95 % bootstrap over these prompts, a picture each: other noise would give other pictures"
            ),
        ]
        let kept = models.map { places.count - $0.drawn.count }.reduce(0, +)
        if kept > 0 {
            all.append(
                Finding.Omission(
                    "\(kept) of \(places.count * models.count) pictures",
                    "kept from before: their pixels were held against their digests, not drawn again"))
        }
        let scores = models.flatMap(\.scores)
        let read = scores.map { places.count - $0.count }.reduce(0, +)
        if read > 0 {
            all.append(
                Finding.Omission("\(read) of \(places.count * scores.count) scores", "kept from before, not made again")
            )
        }
        return all
    }

    // MARK: - Tables

    private func shown(_ score: Double, _ reward: Int) -> String {
        let kind = rewards[reward].kind
        return String(format: "%.\(kind.displayDigits)f", score * kind.displayFactor)
    }

    /// A row a model, a column a reward model, as the paper has it; below each figure its interval.
    private func scores(
        _ figure: KeyPath<ScoreSummary, Double>, _ interval: KeyPath<ScoreSummary, ClosedRange<Double>>
    ) -> Table {
        Table(
            ["model"] + rewards.map(\.kind.title),
            models.indices.flatMap { model in
                let all = rewards.indices.map { summary(model, $0, in: self.all) }
                return [
                    [name(model)] + rewards.indices.map { shown(all[$0][keyPath: figure], $0) },
                    ["  95 %"] + rewards.indices.map { shown(all[$0][keyPath: interval], $0) },
                ]
            }, titled: "scores", numbers: Set(1..<rewards.count + 1), room: .many, isOpen: true)
    }

    private func shown(_ interval: ClosedRange<Double>, _ reward: Int) -> String {
        "\(shown(interval.lowerBound, reward)) to \(shown(interval.upperBound, reward))"
    }

    /// Of each reward model how often which model's picture has the higher score, equal ones apart.
    private var wins: Table {
        Table(
            [
                "", "higher", "equal", "lower", "win rate, equal ones half", "95 %", "mean difference", "95 %",
                "sign test",
            ],
            rewards.indices.compactMap { reward in
                comparison(reward, in: all).map { [rewards[reward].kind.title] + cells($0, reward) }
            }, titled: "wins", numbers: Set(1...8), room: .many, isOpen: true)
    }

    private func cells(_ comparison: PairedComparison, _ reward: Int) -> [String] {
        let (rate, gap) = (comparison.winRateInterval, comparison.differenceInterval)
        return [
            "\(comparison.wins)", "\(comparison.ties)", "\(comparison.losses)",
            String(format: "%.3f", comparison.winRate),
            String(format: "%.3f to %.3f", rate.lowerBound, rate.upperBound), shown(comparison.difference, reward),
            shown(gap, reward),
            String(format: "%.2g", comparison.signTest),
        ]
    }

    /// A row a style.
    private func styles(_ reward: Int) -> Table {
        let hasGroups = styles.contains { summary(0, reward, in: $0).groups != nil }
        var head = ["style", "prompts"]
        for model in models.indices {
            head += ["\(name(model)): median", "mean"]
            if hasGroups { head.append("groups of \(ScoreSummary.groupSize)") }
        }
        if models.count > 1 { head += ["win rate, equal ones half", "95 %"] }
        let rows = styles.map { style -> [String] in
            var row = [style.style ?? "", "\(style.indices.count)"]
            for model in models.indices {
                let summary = summary(model, reward, in: style)
                row += [shown(summary.median, reward), shown(summary.mean, reward)]
                guard hasGroups else { continue }
                row.append(summary.groups.map { "\(shown($0.mean, reward)) ± \(shown($0.deviation, reward))" } ?? "")
            }
            if let comparison = comparison(reward, in: style) { row += cells(comparison, reward)[3...4] }
            return row
        }
        return Table(head, rows, titled: "by style", numbers: Set(1..<head.count), room: .many, isOpen: true)
    }

    private var protocolTable: Table {
        Table(
            ["what", "how"], protocolRows.map { [$0.name, $0.value] }, titled: "protocol", room: .many, isOpen: true)
    }
}
