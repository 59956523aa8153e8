import Core

/// A report as Markdown: the twin of the HTML page without its drawings.
package struct PageMarkdown {
    private let page: ReportPage
    private static let detail: PageDetail = {
        var detail = PageDetail()
        detail.tableRows = 24
        return detail
    }()

    /// A presentation.
    package init(_ page: ReportPage) { self.page = page }

    /// The document.
    package var text: String {
        let verdict = page.verdict
        var lines = [
            "# \(VisibleText.markdown(page.title)): \(verdict.sign) \(VisibleText.markdown(verdict.word))", "",
            VisibleText.markdown(
                page.subject.prefix(1).uppercased() + page.subject.dropFirst() + ". " + verdict.sentence), "",
            "## Not checked", "",
        ]
        lines +=
            page.unchecked.isEmpty
            ? ["Nothing is known to be left out."]
            : page.unchecked.map { "- **\(VisibleText.markdown($0.what))**: \(VisibleText.markdown($0.why))" }
        for part in page.parts {
            switch part {
            case .section(let section):
                lines += ["", "## \(VisibleText.markdown(section.title))", ""]
                lines.append(section.sentences.map { VisibleText.markdown($0) }.joined(separator: " "))
                if let table = section.table(Self.detail) { lines += [""] + rows(table) }
            case .missing(_, let title, let why):
                lines += ["", "## \(VisibleText.markdown(title))", "", "Not here: \(VisibleText.markdown(why))"]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func rows(_ table: PageTable) -> [String] {
        func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
        var lines = [row(table.head.map { VisibleText.markdown($0) })]
        lines.append("|" + table.head.indices.map { table.numbers.contains($0) ? "--:|" : "---|" }.joined())
        lines += table.rows.map { row($0.map { Self.cell($0) }) }
        if table.leftOut > 0 { lines += ["", "\(Figures.grouped(table.leftOut)) more rows are in the JSON file."] }
        return lines
    }

    /// Digests stand in code spans, which nothing can break out of: they hold nothing but hexadecimal digits.
    private static func cell(_ text: String) -> String {
        let isDigest =
            text.utf8.count >= 16 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return isDigest ? "`\(text)`" : VisibleText.markdown(text, most: 300)
    }
}
