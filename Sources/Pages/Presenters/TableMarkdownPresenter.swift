import Core

/// A finding made of tables, such as an ablation's, for a README or a pull request.
package struct TableMarkdownPresenter: Presenter {
    private let drawing: (title: String, path: String)?

    /// The form; a drawing stands above the tables, at a path beside the document.
    package init(drawing title: String, at path: String) { drawing = (title, path) }

    /// The form without a drawing.
    package init() { drawing = nil }

    /// Its title, the drawing, the tables of its children, and what it comes to.
    package func present(_ finding: Finding) -> String {
        var lines = ["# \(finding.title)"]
        if let drawing { lines += ["", "![\(drawing.title)](\(drawing.path))"] }
        for child in finding.children {
            for table in child.tables {
                lines += ["", "## \(child.title)", "", row(table.head)]
                lines.append(row(table.head.indices.map { table.numbers.contains($0) ? "--:" : "---" }))
                lines += table.rows.map(row)
            }
        }
        return (lines + ["", finding.conclusion?.sentence ?? "", ""]).joined(separator: "\n")
    }

    private func row(_ cells: [String]) -> String {
        "| " + cells.map { VisibleText.of($0, most: .max).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
