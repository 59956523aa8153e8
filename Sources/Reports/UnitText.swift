import Audit
import Core
import Foundation

/// The report of an audit by a walk and drawn units, for people.
package enum UnitText {
    /// The verdict, what was checked, what the draw can promise, and what it leaves out.
    package static func describe(_ report: UnitReport) -> String {
        var lines = ["\(report.run): \(report.verdict.rawValue)"]
        if let divergence = report.divergence { lines.append("  first difference  \(divergence.description)") }
        if let reason = report.judgement.reason { lines.append("  \(reason)") }
        guard let draw = report.draw else { return VisibleText.lines(lines) }
        lines.append(
            "  updates           \(report.updates) of \(draw.stepCount) steps, from the gradients that the run kept")
        lines.append(
            "  whole steps       \(report.wholeSteps) of \(draw.stepCount)"
                + (draw.steps.isEmpty ? "" : ": \(list(draw.steps.map(String.init)))"))
        if draw.laneCount > 1 {
            lines.append(
                "  lanes             \(report.lanes) of \(draw.stepCount * draw.laneCount)"
                    + (draw.lanes.isEmpty ? "" : ": \(list(draw.lanes.map { "\($0.step)/\($0.lane)" }))"))
        }
        lines.append("  seed              \(report.seed)")
        if report.verdict.isPass {
            lines += chances(report.stepChances, "steps") + chances(report.laneChances, "lanes")
        }
        if let device = report.device { lines.append("  replayed on       \(device), and not on the CPU") }
        for what in report.unchecked { lines.append("  not checked       \(what)") }
        return VisibleText.lines(lines)
    }

    private static func chances(_ chances: [UnitReport.Chance], _ units: String) -> [String] {
        chances.filter { $0.chance < 1 }.map {
            String(
                format: "  would be found    with %.1f %%, if %d of %d %@ were wrong", 100 * $0.chance, $0.wrong,
                $0.count,
                units)
        }
    }

    /// The first dozen.
    private static func list(_ units: [String]) -> String {
        units.prefix(12).joined(separator: ", ") + (units.count > 12 ? ", …" : "")
    }
}
