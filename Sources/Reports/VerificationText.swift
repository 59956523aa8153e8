import Audit
import Core

/// A verification's report for people.
package enum VerificationText {
    /// The verdict, then a line for each thing that holds and for each that was not looked at.
    package static func describe(_ report: VerificationReport) -> String {
        var lines = ["\(report.run): \(report.verdict.rawValue)"]
        if let reason = report.reason { lines.append("  \(reason)") }
        func table(_ checks: [VerificationReport.Check], _ mark: String) {
            for check in checks {
                lines.append("  \(mark)  \(check.name.padded(to: 14))\(check.detail)")
            }
        }
        table(report.checks, "holds      ")
        // After a fault nothing is said of what comes later.
        if report.verdict != .tampered { table(report.unchecked, "not checked") }
        return VisibleText.lines(lines)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
