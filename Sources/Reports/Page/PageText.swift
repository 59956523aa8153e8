import Core

/// A report for a terminal.
package struct PageText {
    private let page: ReportPage
    private let usesColour: Bool

    /// A presentation; with `usesColour` the verdict is coloured.
    package init(_ page: ReportPage, usesColour: Bool = false) { (self.page, self.usesColour) = (page, usesColour) }

    /// The verdict, what was not checked, then each section: curves, sentences; provenance as a list.
    package var text: String {
        var lines = ["\(VisibleText.of(page.title)): \(verdict)  (\(VisibleText.of(page.subject)))"]
        lines += wrapped(page.verdict.sentence, indent: "  ")
        if !page.unchecked.isEmpty {
            lines += ["", "  not checked"]
            lines += page.unchecked.flatMap { wrapped("\($0.what): \($0.why)", indent: "    ", first: "  – ") }
        }
        for part in page.parts {
            switch part {
            case .section(let section):
                lines += ["", "  \(VisibleText.of(section.title))"]
                lines += curves(section)
                if let card = section as? ProvenanceCard {
                    lines += entries(card)
                } else {
                    lines += section.sentences.flatMap { wrapped($0, indent: "    ") }
                }
            case .missing(_, let title, let why):
                lines += ["", "  \(VisibleText.of(title))"] + wrapped("Not here: \(why)", indent: "    ")
            }
        }
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        let words = "\(page.verdict.sign) \(VisibleText.of(page.verdict.word))"
        guard usesColour else { return words }
        let colour = page.verdict.tone == .good ? 32 : page.verdict.tone == .bad ? 31 : 33
        return "\u{1B}[1;\(colour)m\(words)\u{1B}[0m"
    }

    private func curves(_ section: any PageSection) -> [String] {
        let curves = section.curves
        let width = curves.map(\.label.count).max() ?? 0
        return curves.compactMap { curve in
            let known = curve.values.compactMap { $0 }.filter(\.isFinite)
            guard let low = known.min(), let high = known.max() else { return nil }
            let label = VisibleText.of(curve.label) + String(repeating: " ", count: max(0, width - curve.label.count))
            return
                "    \(label)  \(Sparkline.text(curve.values))  \(curve.ends ?? "\(Figures.short(low)) … \(Figures.short(high))")"
        }
    }

    private func entries(_ card: ProvenanceCard) -> [String] {
        let width = card.entries.map(\.name.count).max() ?? 0
        return card.entries.map { entry in
            let name = VisibleText.of(entry.name)
            return
                "    \(name)\(String(repeating: " ", count: max(0, width - name.count)))  \(VisibleText.of(entry.value, most: 200))"
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
