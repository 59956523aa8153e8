import Pages
import Studies

/// An ablation for a terminal.
package enum AblationText {
    /// All tables.
    package static func describe(_ report: AblationReport) -> String {
        let tables = AblationTable(report: report)
        var lines = ["\(report.plan.name)"]
        for table in tables.all {
            lines += ["", table.title]
            lines += Figures.table([table.head] + table.rows, rightAligned: table.numbers).map { "  " + $0 }
        }
        return (lines + ["", tables.audits]).joined(separator: "\n")
    }
}
