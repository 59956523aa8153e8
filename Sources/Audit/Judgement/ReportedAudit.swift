import Core

/// An audit's report read back from its JSON form: the judgement and what it rests on.
package struct ReportedAudit: Sendable, Equatable {
    /// The run.
    package let run: String
    /// The verdict.
    package let verdict: Verdict
    /// The reason, where the report has one.
    package let reason: String?
    /// The name of the contract that the replay computed by; nil where none was made, and in older reports.
    package let contract: String?
    /// What was compared with.
    package let evidence: [EvidenceKind]
    /// Steps of the run, and how many were replayed and equal.
    package let steps: Int, equalSteps: Int
    /// The part that was replayed; nil for the whole run.
    package let segment: AuditReport.Segment?
    /// The first difference, in a sentence.
    package let difference: String?

    /// Reads the JSON form of an `AuditReport`. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        run = try cursor["run"].string()
        verdict = try Verdict(json: cursor["verdict"])
        reason = try cursor["reason"].present?.string()
        contract = try cursor["contract"].present?.string()
        evidence = try cursor["evidence"].elements().map { try EvidenceKind(json: $0) }
        (steps, equalSteps) = (try cursor["steps"].int(), try cursor["equal_steps"].int())
        segment = try cursor["segment"].present.map { segment in
            let (first, last) = (try segment["first"].int(), try segment["last"].int())
            guard (1...max(1, last)).contains(first) else {
                throw try segment["first"].error(expected: "a step up to \(last)", found: "\(first)")
            }
            return AuditReport.Segment(steps: first...last, checkpoint: try segment["checkpoint"].int())
        }
        difference = try cursor["divergence"].present?["summary"].string()
    }

    /// The steps that were to be compared; nil where nothing was replayed.
    package var checked: ClosedRange<Int>? {
        guard verdict != .tampered, verdict != .incomparable else { return nil }
        // Latents that come out otherwise stand before every step.
        if verdict == .diverged, difference == nil, contract == nil { return nil }
        return segment?.steps ?? (steps > 0 ? 1...steps : nil)
    }

    /// The contradiction in a report that says the run passes: steps that were not equal, or nothing to compare with.
    package var contradiction: String? {
        guard verdict.isPass else { return nil }
        let replayed = (checked?.upperBound ?? 0) - (segment?.checkpoint ?? 0)
        if replayed < 1 || equalSteps != replayed {
            return "the audit says \(verdict.rawValue), but only \(equalSteps) steps were equal"
        }
        return evidence.isEmpty ? "the audit says \(verdict.rawValue), but not what it compared with" : nil
    }
}

extension Verdict {
    /// Reads a verdict's word. - Throws: `JSONShapeError` for any other.
    package init(json cursor: JSONCursor) throws {
        let word = try cursor.string()
        guard let verdict = Verdict(rawValue: word) else {
            throw cursor.error(expected: "a verdict", found: "\"\(word)\"")
        }
        self = verdict
    }
}
