import Core

/// A finding as Markdown: the twin of the HTML page without its drawings.
package struct MarkdownPresenter: Presenter {
    private static let detail: Detail = {
        var detail = Detail()
        (detail.tableRows, detail.manyRows) = (24, 240)
        return detail
    }()

    /// The form.
    package init() {}

    /// The document.
    package func present(_ finding: Finding) -> String {
        let (sign, word) = finding.conclusion.map { ("\($0.status.sign) ", $0.word) } ?? ("", "")
        var lines = [
            "# \(VisibleText.markdown(finding.title)): \(sign)\(VisibleText.markdown(word))", "",
            VisibleText.markdown(
                finding.subject.prefix(1).uppercased() + finding.subject.dropFirst() + ". "
                    + (finding.conclusion?.sentence ?? "")), "", "## Not checked", "",
        ]
        lines += finding.unchecked.isEmpty ? ["Nothing is known to be left out."] : finding.unchecked.map(omission)
        lines += body(finding)
        for child in finding.children { lines += section(child) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func omission(_ omission: Finding.Omission) -> String {
        "- **\(VisibleText.markdown(omission.what))**: \(VisibleText.markdown(omission.why))"
    }

    private func section(_ finding: Finding) -> [String] {
        let heading = ["", "## \(VisibleText.markdown(finding.title))"]
        if let why = finding.absence { return heading + ["", "Not here: \(VisibleText.markdown(why))"] }
        return heading + body(finding)
    }

    private func body(_ finding: Finding) -> [String] {
        var lines =
            finding.says.isEmpty ? [] : ["", finding.says.map { VisibleText.markdown($0) }.joined(separator: " ")]
        for content in finding.contents {
            switch content {
            case .table(let table): lines += self.table(table)
            case .facts(let facts):
                lines += self.table(
                    Table(["group", "what", "value"], facts.map { [$0.group, $0.name, $0.value] }, room: .many))
            case .shaded(let table):
                let rows = table.rows.map { [$0.name, $0.count] + $0.cells.map(\.text) }
                let head = ["", table.counted] + table.columns
                lines += self.table(Table(head, rows, titled: table.title, numbers: Set(1..<head.count), room: .many))
            case .chart, .heat, .marks, .histograms, .distances, .line, .gallery: break
            }
        }
        return lines
    }

    private func table(_ table: Table) -> [String] {
        func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
        var lines = table.title.isEmpty ? [""] : ["", "**\(VisibleText.markdown(table.title))**", ""]
        lines.append(row(table.head.map { VisibleText.markdown($0) }))
        lines.append("|" + table.head.indices.map { table.numbers.contains($0) ? "--:|" : "---|" }.joined())
        let shown = table.shown(Self.detail)
        lines += shown.map { row($0.map(cell)) }
        let rest = table.total - shown.count
        if rest > 0 { lines += ["", "\(Figures.grouped(rest)) more rows are in the JSON form."] }
        return lines
    }

    /// Digests stand in code spans, which nothing can break out of: they hold nothing but hexadecimal digits.
    private func cell(_ text: String) -> String {
        let isDigest =
            text.utf8.count >= 16 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return isDigest ? "`\(text)`" : VisibleText.markdown(text, most: 300)
    }
}
