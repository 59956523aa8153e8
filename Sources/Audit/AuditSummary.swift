import Comparison
import Core
import Pages

/// What a page shows of an audit: of a run, a part of one, or a sample of its parts. It is made from the report, or from
/// what `smpo audit --json` wrote.
package struct AuditSummary: Sendable {
    /// A part that was replayed by itself.
    package struct Part: Sendable, Equatable {
        /// Its first and last step, where it says so.
        package let first: Int?, last: Int?
        /// What came of it.
        package let verdict: Verdict
        /// The first difference or the reason.
        package let summary: String?
    }

    /// The run.
    package let run: String
    /// The verdict.
    package let verdict: Verdict
    /// What replayed the run in place of the CPU: "cuda:0 (NVIDIA H200)".
    package let device: String?
    /// Why, for `tampered` and `incomparable`.
    package let reason: String?
    /// Steps of the run, and how many were replayed and equal; nil where it does not say.
    package let steps: Int, equalSteps: Int?
    /// Where the replay parts from the record.
    package private(set) var difference: FirstDifference?
    /// What the replay was held against.
    package let evidence: [EvidenceKind]
    /// Names of known keys that have signed the run.
    package let signers: [String]
    /// The chain head that the replay came to.
    package let chainHead: String?
    /// Every replayed step, of an audit that went on after the first difference.
    package let drift: [StepDrift]?
    /// Whether a band was the measure, not equality.
    package let isBanded: Bool
    /// The part that was replayed, or those of a sample; empty for a whole run.
    package let parts: [Part]
    /// Into how many parts a sampled run is cut, and what the draw was made from.
    package let segments: Int?, seed: String?

    /// Whether a document is one of an audit.
    package static func isAudit(_ cursor: JSONCursor) -> Bool {
        guard case .object(let object)? = cursor.value else { return false }
        return object["verdict"] != nil && object["run"] != nil && object["steps"] != nil && object["mutants"] == nil
    }

    /// Reads the document. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        run = try cursor["run"].string()
        let steps = try cursor["steps"].int()
        self.steps = steps
        if try cursor["results"].present == nil {
            let report = try ReportedAudit(json: cursor)
            (verdict, reason, evidence) = (report.verdict, report.reason, report.evidence)
            equalSteps = report.equalSteps
            if let contradiction = report.contradiction {
                throw cursor.error(expected: "the report of an audit", found: contradiction)
            }
        } else {
            (verdict, evidence, equalSteps) = (try Verdict(json: cursor["verdict"]), [], nil)
            reason = try cursor["reason"].present?.string()
        }
        device = try cursor["device"].present?.string()
        signers = try cursor["signers"].present?.elements().map { try $0.string() } ?? []
        chainHead = try cursor["chain_head"].present?.string()
        isBanded = try cursor["band"].present != nil
        let drift = try cursor["drift"].present
        self.drift = try drift?["steps"].elements().map { try StepDrift(json: $0) }
        segments = try cursor["segments"].present?.int()
        seed = try cursor["seed"].present?.string()
        var parts = try cursor["results"].present?.elements().map { try AuditSummary.part($0) } ?? []
        if let segment = try cursor["segment"].present {
            parts.append(
                Part(
                    first: try segment["first"].int(), last: try segment["last"].int(), verdict: verdict,
                    summary: reason))
        }
        self.parts = parts
        let divergence = try cursor["divergence"].present ?? drift?["divergence"].present
        difference = try divergence.map { FirstDifference(try Divergence(json: $0), steps: steps) }
        difference?.operation = try cursor["operator"].present?["summary"].string()
        difference?.cause = try cursor["cause"].present.flatMap { Cause(rawValue: try $0.string()) }
        difference?.looked = try cursor["notes"].present?.elements().map { try $0.string() } ?? []
        if let kind = try drift?["kind"].present {
            difference?.kind = "\(try kind["word"].string()) – \(try kind["meaning"].string())"
        }
    }

    /// What a report says.
    package init(_ report: AuditReport) {
        (run, verdict, reason, evidence) = (report.run, report.verdict, report.reason, report.evidence)
        (steps, equalSteps) = (report.steps, report.equalSteps)
        (signers, device) = (report.signers.map(\.id.hex), report.device)
        (chainHead, drift) = (report.chainHead?.hex, report.drift?.steps)
        (isBanded, segments, seed) = (report.band != nil, nil, nil)
        parts =
            report.segment.map {
                [
                    Part(
                        first: $0.steps.lowerBound, last: $0.steps.upperBound, verdict: report.verdict,
                        summary: report.reason)
                ]
            } ?? []
        difference = (report.divergence ?? report.drift?.divergence).map {
            FirstDifference($0, steps: report.steps)
        }
        difference?.operation = report.operators?.description
        difference?.cause = report.cause
        difference?.looked = report.notes
        difference?.kind = report.drift?.kind.map { "\($0.word) – \($0.meaning)" }
    }

    private static func part(_ cursor: JSONCursor) throws -> Part {
        let segment = try cursor["segment"].present
        let steps = try cursor["steps"].present
        // A result of a sample is written with its steps, or as the whole report of the part.
        let range = try? steps?.elements().map { try $0.int() }
        return Part(
            first: try segment?["first"].int() ?? range?.first, last: try segment?["last"].int() ?? range?.last,
            verdict: try Verdict(json: cursor["verdict"]),
            summary: try cursor["divergence"].present?["summary"].string() ?? cursor["reason"].present?.string())
    }

    /// What the audit did not check, as far as is known here.
    package var omissions: [Finding.Omission] {
        var list: [Finding.Omission] = []
        if let device { list.append(.init("the CPU", "\(device) alone has replayed these steps")) }
        if let segments {
            let left = segments - parts.count
            if left > 0 {
                list.append(
                    .init(
                        "\(left) of \(segments) segments",
                        "only a sample was replayed, drawn from the seed \"\(seed ?? "?")\""))
            }
        } else if let part = parts.first, let first = part.first, let last = part.last, last - first + 1 < steps {
            list.append(.init("steps outside \(first)..\(last)", "only this segment was replayed, of \(steps) steps"))
        }
        if verdict == .diverged, drift == nil, let difference {
            list.append(
                .init(
                    "steps after \(difference.divergence.step)",
                    "the audit stopped at the first difference; smpo report RUN --replay goes on to the end"))
        }
        if verdict == .tampered || verdict == .incomparable {
            list.append(.init("the replay", reason ?? "it was not made"))
        }
        if isBanded {
            list.append(
                .init(
                    "equality of the bits", "the run was made on another backend: its values were held against a band"))
        }
        if signers.isEmpty { list.append(.init("who made the run", "no key that the audit knew has signed it")) }
        return list
    }

    /// What the verdict says.
    package var sentence: String {
        switch verdict {
        case .reproduced where parts.isEmpty:
            "\(equalSteps ?? steps) of \(steps) steps were replayed, and every phase is equal to the "
                + (evidence.isEmpty ? "record." : evidence.map(\.rawValue).joined(separator: ", ") + ".")
                + (reason.map { " But \($0)." } ?? "")
        case .reproduced: "Every replayed part is equal to the record, bit by bit; the others were not replayed."
        case .withinBand: "Every value lies within the band that the manifest fixed before the audit."
        case .diverged: reason.map { $0 + "." } ?? "The replay differs from the record."
        case .tampered: "A hash, a chain link or a signature does not hold: \(reason ?? "no reason is given")."
        case .incomparable: "Nothing could be compared: \(reason ?? "no reason is given"). This is never a pass."
        }
    }
}
