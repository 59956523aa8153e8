import Audit
import Core
import Reports

/// What a review of a golden run found, for people.
enum GoldenReviewText {
    /// Whether it is what it was, else what moved and the heads, and what to do.
    static func describe(_ finding: GoldenReview.Outcome) -> String {
        let (drift, judgement) = (finding.drift, finding.judgement)
        guard !judgement.verdict.isPass else {
            return "\(drift.run): \(judgement.verdict.rawValue), \(drift.steps.count) steps"
        }
        let isIncomparable = judgement.verdict == .incomparable
        var lines = ["\(drift.run): \(isIncomparable ? "incomparable" : "moved")"]
        if let reason = judgement.reason, isIncomparable || drift.inputs.isEmpty { lines.append("  \(reason)") }
        if let divergence = drift.divergence { lines.append("  first difference  \(divergence.description)") }
        lines += DriftText.lines(drift)
        lines.append("  if it was meant   smpo golden accept \(drift.run) --reason \"…\"")
        return VisibleText.lines(lines)
    }
}
