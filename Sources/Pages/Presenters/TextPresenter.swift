import Core

/// A finding for a terminal.
package struct TextPresenter: Presenter {
    private let usesColour: Bool

    /// The form; with `usesColour` the verdict is coloured.
    package init(usesColour: Bool = false) { self.usesColour = usesColour }

    /// The verdict, what was not checked, then each part: curves, sentences, facts.
    package func present(_ finding: Finding) -> String {
        let verdict = finding.conclusion.map(self.verdict) ?? ""
        var lines = ["\(VisibleText.of(finding.title)): \(verdict)  (\(VisibleText.of(finding.subject)))"]
        lines += wrapped(finding.conclusion?.sentence ?? "", indent: "  ")
        if !finding.unchecked.isEmpty {
            lines += ["", "  not checked"]
            lines += finding.unchecked.flatMap { wrapped("\($0.what): \($0.why)", indent: "    ", first: "  – ") }
        }
        lines += body(finding)
        for child in finding.children {
            lines += ["", "  \(VisibleText.of(child.title))"]
            lines += child.absence.map { wrapped("Not here: \($0)", indent: "    ") } ?? body(child)
        }
        return lines.joined(separator: "\n")
    }

    private func verdict(_ conclusion: Finding.Conclusion) -> String {
        let words = "\(conclusion.status.sign) \(VisibleText.of(conclusion.word))"
        guard usesColour else { return words }
        let colour =
            switch conclusion.status.tone {
            case .good: 32
            case .bad: 31
            case .open: 33
            }
        return "\u{1B}[1;\(colour)m\(words)\u{1B}[0m"
    }

    private func body(_ finding: Finding) -> [String] {
        curves(finding) + finding.says.flatMap { wrapped($0, indent: "    ") } + facts(finding.facts)
    }

    /// What can be shown as a row of blocks.
    private func curves(_ finding: Finding) -> [String] {
        var rows: [(label: String, values: [Double?], ends: String?)] = []
        for content in finding.contents {
            switch content {
            case .chart(let chart): rows += chart.curves.map { ($0.label, $0.values, nil) }
            case .heat(let map) where !map.label.isEmpty: rows.append((map.label, map.shares, nil))
            case .histograms(let all):
                rows += all.map {
                    let (low, high) = (Figures.short($0.range.lowerBound), Figures.short($0.range.upperBound))
                    return ($0.title, $0.counts.map(Double.init), "from \(low) to \(high)")
                }
            case .facts, .table, .shaded, .heat, .marks, .distances, .line, .gallery: break
            }
        }
        let width = rows.map(\.label.count).max() ?? 0
        return rows.compactMap { label, values, ends in
            let known = values.compactMap { $0 }.filter(\.isFinite)
            guard let low = known.min(), let high = known.max() else { return nil }
            let gap = String(repeating: " ", count: max(0, width - label.count))
            return "    \(VisibleText.of(label))\(gap)  \(Sparkline.text(values))  "
                + (ends ?? "\(Figures.short(low)) … \(Figures.short(high))")
        }
    }

    private func facts(_ facts: [Fact]) -> [String] {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.map { fact in
            let name = VisibleText.of(fact.name)
            return
                "    \(name)\(String(repeating: " ", count: max(0, width - name.count)))  \(VisibleText.of(fact.value, most: 200))"
        }
    }

    /// A text in lines of at most 100 characters, broken between words.
    private func wrapped(_ text: String, indent: String, first: String? = nil) -> [String] {
        var (lines, line) = ([String](), "")
        for word in VisibleText.of(text).split(separator: " ") {
            if !line.isEmpty, line.count + word.count + 1 > 100 - indent.count {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines.enumerated().map { index, line in (index == 0 ? first ?? indent : indent) + line }
    }
}
