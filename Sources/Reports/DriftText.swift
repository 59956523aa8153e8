import Audit
import Comparison
import Core
import Pages

/// How a run and its replay lie to each other, for people.
package enum DriftText {
    /// What kind of change it is, how much of each phase moved where it began, how far, what became of the loss, and the
    /// heads. Nothing of a run that is as it was recorded.
    package static func lines(_ drift: Drift) -> [String] {
        guard let kind = drift.kind else { return [] }
        var lines = ["  kind              \(kind.word): \(kind.meaning)"]
        for (index, difference) in drift.inputs.enumerated() {
            let label = index == 0 ? "inputs" : ""
            lines.append("  \(pad(label, 18))\(difference.description)")
        }
        if let first = drift.steps.first(where: { !$0.isEqual }) {
            let phases = first.phases.filter { $0.differing > 0 }
                .map { "\($0.name) \(Figures.percent($0.differing, of: $0.total))" }
            lines.append("  moved in step \(pad("\(first.step)", 4))\(phases.joined(separator: ", "))")
            let count = drift.steps.count { !$0.isEqual }
            lines.append("  steps that differ \(count) of \(drift.steps.count)")
        }
        if let (step, number) = drift.furthest {
            lines.append(
                "  furthest number   \(number.name) of step \(step), \(Figures.ulp(number.ulp)) ULP apart")
        }
        if let last = drift.steps.last(where: { $0.loss != nil }), let loss = last.loss {
            let (old, new) = (Float(bitPattern: loss.recorded), Float(bitPattern: loss.found))
            lines.append(
                "  loss of step \(pad("\(last.step)", 5))recorded \(old), replayed \(new)"
                    + (loss.ulp == 0 ? "" : ", \(Figures.ulp(loss.ulp)) ULP apart"))
        }
        if let head = drift.heads.recorded { lines.append("  recorded head     \(head)") }
        if let head = drift.heads.found { lines.append("  replacement head  \(head)") }
        return lines
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
