import Audit

/// The report of a self-test for people.
package enum SelfTestText {
    /// A line a mutant; the last line is the score.
    package static func describe(_ report: SelfTestReport) -> String {
        guard report.unchanged.verdict.isPass else {
            return "\(AuditText.describe(report.unchanged))\n  no self-test        the run itself does not pass"
        }
        var rows = [["mutant", "what is changed", "expected", "verdict", "where"]]
        for result in report.results {
            rows.append([
                result.mutant, result.change, result.expected.rawValue, result.verdict,
                (result.isRight ? "" : "WRONG ") + short(result.place ?? ""),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = [title(report)]
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            lines.append("  " + cells.joined(separator: "  ").trimmingSuffix())
        }
        var reasons: [String] = []
        for omission in report.omissions where !reasons.contains(omission.reason) { reasons.append(omission.reason) }
        for reason in reasons {
            lines.append("  not made, because \(reason):")
            lines += report.omissions.filter { $0.reason == reason }.map { "    \($0.mutant): \($0.change)" }
        }
        return (lines + [report.score]).joined(separator: "\n")
    }

    /// The name of an object takes half a line.
    private static func short(_ place: String) -> String {
        place.replacing(/[0-9a-f]{62}/) { "\($0.output.prefix(8))…" }
    }

    private static func title(_ report: SelfTestReport) -> String {
        guard let segment = report.unchanged.segment else { return "\(report.run): self-test" }
        let (first, last) = (segment.steps.lowerBound, segment.steps.upperBound)
        return "\(report.run): self-test on \(first == last ? "step \(first)" : "steps \(first) to \(last)") of "
            + "\(report.unchanged.steps), which are reproduced as they stand"
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
