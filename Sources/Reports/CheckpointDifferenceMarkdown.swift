import Comparison
import Core

/// The difference of two checkpoints for a pull request.
package struct CheckpointDifferenceMarkdown {
    let report: CheckpointDifference
    let rows: DifferenceGroup.Kind

    /// A presentation with modules or layers as rows.
    package init(_ report: CheckpointDifference, rows: DifferenceGroup.Kind = .module) {
        (self.report, self.rows) = (report, rows)
    }

    /// The verdict, a table of the groups, and lists of what is not in it.
    package var text: String {
        let stat = CheckpointDifferenceText(report).stat
        var lines = [
            "**\(stat)**", "",
            "A: \(VisibleText.markdownCode(report.left.path)) · B: \(VisibleText.markdownCode(report.right.path))",
        ]
        let groups = report.groups(by: rows).filter { !$0.differing.isEmpty }
        if !groups.isEmpty {
            lines += [
                "",
                "| \(rows == .module ? "module" : "layer") | verdict | tensors | elements | max ULP | max \\|Δ\\| | rel. L2 |",
                "|---|---|--:|--:|--:|--:|--:|",
            ]
            lines += groups.map { group in
                let verdicts = Set(group.differing.map(\.verdict.word)).sorted().joined(separator: ", ")
                let cells = [
                    VisibleText.markdown(group.name), verdicts, "\(group.differing.count)/\(group.tensors.count)",
                    Figures.percent(group.unequal, of: group.count), group.maxULP.map(Figures.ulp) ?? "",
                    group.maxAbsolute.map(Figures.short) ?? "", group.relativeL2.map(Figures.short) ?? "",
                ]
                return "| " + cells.joined(separator: " | ") + " |"
            }
        }
        let renames = report.tensors.compactMap { tensor -> String? in
            guard case .renamed(let other) = tensor.verdict else { return nil }
            return "- \(VisibleText.markdownCode(tensor.name)) → \(VisibleText.markdownCode(other))"
        }
        if !renames.isEmpty { lines += ["", "Renamed:", ""] + renames }
        if !report.metadata.isEmpty {
            lines += ["", "Metadata:", ""]
            lines += report.metadata.map {
                "- \(VisibleText.markdownCode($0.key)): \(value($0.left)) → \(value($0.right))"
            }
        }
        if !report.files.isEmpty {
            lines += ["", "Not compared:", ""]
            lines += report.files.map {
                "- \(VisibleText.markdownCode($0.path)) (\($0.sides.rawValue), \($0.outcome.rawValue)): "
                    + VisibleText.markdown($0.text)
            }
        }
        lines += report.notes.flatMap { ["", "Note: \(VisibleText.markdown($0))"] }
        return lines.joined(separator: "\n")
    }

    private func value(_ text: String?) -> String { text.map { VisibleText.markdownCode($0) } ?? "nothing" }
}
