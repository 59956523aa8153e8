import Audit
import Core

/// An audit's report for people.
package enum AuditText {
    /// A few lines: the verdict, the first difference or the reason, and what was compared.
    package static func describe(_ report: AuditReport) -> String {
        var lines = ["\(report.run): \(report.verdict.rawValue)"]
        if let divergence = report.divergence {
            lines.append("  first difference  \(divergence.description)")
            lines.append(
                "  last equal step   "
                    + (divergence.lastEqualStep == 0 ? "none" : "\(divergence.lastEqualStep) of \(report.steps)"))
        }
        if let operators = report.operators { lines.append("  first operator    \(operators.description)") }
        if let cause = report.cause, report.verdict == .diverged {
            lines.append("  cause             \(cause.meaning)")
        }
        if let reason = report.reason { lines.append("  \(reason)") }
        if let segment = report.segment {
            let steps = "\(segment.steps.lowerBound)..\(segment.steps.upperBound)"
            lines.append(
                "  segment           \(steps) of \(report.steps) steps, replayed from "
                    + (segment.checkpoint == 0 ? "the beginning" : "the checkpoint after step \(segment.checkpoint)")
                    + "; the others were not")
        }
        let replayed = "\(report.equalSteps) \(report.equalSteps == 1 ? "step" : "steps") replayed"
        if report.verdict == .reproduced {
            lines.append("  \(replayed), every phase equal to the \(list(report.evidence))")
            if let head = report.chainHead { lines.append("  chain head        \(head)") }
        } else if report.verdict == .withinBand {
            lines.append(
                "  \(replayed) from recorded state, compared with the \(list(report.evidence))")
            if let head = report.chainHead { lines.append("  chain head        \(head)") }
        } else if !report.evidence.isEmpty {
            lines.append("  compared with     \(list(report.evidence))")
        }
        if let device = report.device { lines.append("  replayed on       \(device), and not on the CPU") }
        if let drift = report.drift { lines += DriftText.lines(drift) }
        if let trained = report.trained { lines.append("  model files       \(trained)") }
        for what in report.unchecked { lines.append("  not checked       \(what)") }
        for note in report.notes { lines.append("  looked at         \(note)") }
        if let band = report.band { lines += BandText.lines(band) }
        for key in report.signers { lines.append("  signed with       \(key)") }
        return VisibleText.lines(lines)
    }

    /// The same of an audit of one lane.
    package static func describe(_ report: LaneReport) -> String {
        var lines = ["\(report.run): \(report.verdict.rawValue)"]
        if let divergence = report.divergence { lines.append("  first difference  \(divergence.description)") }
        if let reason = report.judgement.reason { lines.append("  \(reason)") }
        if report.itemCount > 0 {
            let items = report.items
            lines.append(
                "  lane              \(report.lane) of \(report.lanes) of step \(report.step): "
                    + (items.count == 1
                        ? "item \(items.lowerBound + 1)" : "items \(items.lowerBound + 1)..\(items.upperBound)")
                    + " of \(report.itemCount)")
            let steps = report.step - 1 - report.checkpoint
            let start = report.checkpoint == 0 ? "the beginning" : "the checkpoint after step \(report.checkpoint)"
            lines.append(
                "  weights           of \(start)"
                    + (steps == 0 ? "" : ", and \(steps == 1 ? "a step" : "\(steps) steps") replayed from there"))
        }
        if report.verdict == .reproduced {
            lines.append(
                "  \(report.entries) entries and \(report.tensors) tensors of the record equal to the "
                    + list(report.evidence))
        } else if !report.evidence.isEmpty {
            lines.append("  compared with     \(list(report.evidence))")
        }
        if let device = report.device { lines.append("  replayed on       \(device), and not on the CPU") }
        for what in report.unchecked { lines.append("  not checked       \(what)") }
        return VisibleText.lines(lines)
    }

    private static func list(_ evidence: [EvidenceKind]) -> String {
        let words = evidence.map(\.rawValue)
        return words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
    }
}
