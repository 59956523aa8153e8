import Audit
import Comparison
import Core
import Pages

/// The difference of two runs for people.
package enum RunDifferenceText {
    /// A line that says whether they are the same, then what differs, worst first.
    package static func describe(_ report: RunDifference) -> String {
        var lines = ["\(report.left) and \(report.right): \(verdict(report))"]
        func add(_ label: String, _ texts: [String]) {
            for (index, text) in texts.enumerated() {
                let head = index == 0 ? label : ""
                lines.append("  \(head)\(String(repeating: " ", count: max(0, 18 - head.count)))\(text)")
            }
        }
        if let tampering = report.tampering { add("tampered", [tampering]) }
        if let divergence = report.divergence { add("first difference", [divergence.description]) }
        if let cause = report.cause { add("cause", [cause.meaning]) }
        if let operators = report.operators { add("first operator", [operators.description]) }
        add("inputs", report.inputs.map(\.description))
        // A difference of the steps has its own line.
        if report.divergence == nil { add("outcome", report.outcome.map(\.description)) }
        add("circumstances", report.circumstances.map(\.description))
        if report.tampering == nil, report.contracts == nil {
            add("equal steps", ["\(report.equalSteps) of \(report.commonSteps) that both have"])
        }
        add("only in one", report.unlike)
        add("not compared", report.notCompared)
        add("note", report.notes)
        return VisibleText.lines(lines)
    }

    private static func verdict(_ report: RunDifference) -> String {
        switch report.verdict {
        case .reproduced, .withinBand: return "the same"
        case .tampered: return "not compared"
        case .incomparable:
            let why = report.contracts?.description ?? "neither steps nor what both came to could be compared"
            return "incomparable: \(why)"
        case .diverged: break
        }
        if report.divergence != nil { return "different" }
        return report.commonSteps > 0 && report.equalSteps == report.commonSteps
            ? "different, but equal as far as both go" : "different"
    }
}
