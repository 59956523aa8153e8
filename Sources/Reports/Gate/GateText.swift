import Audit
import Core
import Pages

/// A gate's report for people.
package enum GateText {
    /// A line for each case, then what is known of each that fails, and whether the gate is open.
    package static func describe(_ report: GateReport) -> String {
        let rows = report.cases.map { one in
            let word = one.outcome.isFailure ? one.outcome.rawValue.uppercased() : one.outcome.rawValue
            return [one.name, word, GateCaseText(one).headline]
        }
        var lines = Figures.table(rows, rightAligned: [])
        for one in report.failures {
            lines += ["", "\(one.name): \(one.outcome.rawValue)"]
            for (label, text) in GateCaseText(one).details {
                lines.append("  \(label)\(String(repeating: " ", count: max(2, 18 - label.count)))\(text)")
            }
        }
        if let advice = report.advice { lines += ["", advice] }
        if !report.omissions.isEmpty { lines.append("") }
        for (label, text) in report.omissions { lines.append("\(label): \(text)") }
        lines += ["", "gate \(report.summary)"]
        return VisibleText.lines(lines)
    }
}
