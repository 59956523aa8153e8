import Core
import Pages
import Studies

/// An ablation for a README or a pull request.
package enum AblationMarkdown {
    /// All tables; `plot` is the path of the drawing beside it.
    package static func describe(_ report: AblationReport, plot: String) -> String {
        let tables = AblationTable(report: report)
        var lines = ["# \(report.plan.name)", "", "![Reward against compute](\(plot))"]
        for table in tables.all {
            lines += ["", "## \(table.title)", "", row(table.head)]
            lines.append(row(table.head.indices.map { table.numbers.contains($0) ? "--:" : "---" }))
            lines += table.rows.map(row)
        }
        return (lines + ["", tables.audits, ""]).joined(separator: "\n")
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map { VisibleText.of($0, most: .max).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
