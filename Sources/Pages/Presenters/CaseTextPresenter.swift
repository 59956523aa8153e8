import Core

/// A finding made of cases, such as a gate's, for a terminal: a line for each, then what is known of each that does not
/// pass, and what all come to.
package struct CaseTextPresenter: Presenter {
    /// The form.
    package init() {}

    /// The lines.
    package func present(_ finding: Finding) -> String {
        let rows = finding.children.map { one in
            let word = one.conclusion?.word ?? ""
            return [one.title, one.passes ? word : word.uppercased(), one.conclusion?.sentence ?? ""]
        }
        var lines = Figures.table(rows, rightAligned: [])
        for one in finding.failures {
            lines += ["", one.headline]
            for fact in one.facts {
                lines.append(
                    "  \(fact.name)\(String(repeating: " ", count: max(2, 18 - fact.name.count)))\(fact.value)")
            }
        }
        if let advice = finding.advice { lines += ["", advice] }
        if !finding.unchecked.isEmpty { lines.append("") }
        lines += finding.unchecked.map { "\($0.what): \($0.why)" }
        lines += ["", finding.summary]
        return VisibleText.lines(lines) + "\n"
    }
}
