import Core

/// A finding made of tables, such as an ablation's, for a terminal.
package struct TableTextPresenter: Presenter {
    /// The form.
    package init() {}

    /// Its title, the tables of its children, what was not checked, and what it comes to.
    package func present(_ finding: Finding) -> String {
        var lines = [finding.title]
        for child in finding.children {
            for table in child.tables {
                lines += ["", child.title]
                lines += Figures.table([table.head] + table.rows, rightAligned: table.numbers).map { "  " + $0 }
            }
        }
        if !finding.unchecked.isEmpty {
            lines += ["", "Not checked"] + finding.unchecked.map { "  \($0.what): \($0.why)" }
        }
        return VisibleText.lines(lines + (finding.conclusion.map { ["", $0.sentence] } ?? []))
    }
}
