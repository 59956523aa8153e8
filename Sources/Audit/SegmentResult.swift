import Digests

/// What came of one segment's replay, wherever it ran: a report's JSON form is all that needs to travel.
public struct SegmentResult: Sendable {
    /// The steps.
    public let steps: ClosedRange<Int>
    /// The outcome.
    public let verdict: Verdict
    /// The first difference or the reason, unless reproduced.
    public let summary: String?
    /// The whole report.
    public let json: JSONValue

    /// The result for `steps` that `AuditReport.json` tells of. - Throws: `JSONShapeError`.
    public init(json cursor: JSONCursor, steps: ClosedRange<Int>) throws {
        let word = try cursor["verdict"].string()
        guard let verdict = Verdict(rawValue: word), let json = cursor.value else {
            throw try cursor["verdict"].error(expected: "a verdict", found: "\"\(word)\"")
        }
        summary = try cursor["divergence"].present?["summary"].string() ?? cursor["reason"].present?.string()
        (self.steps, self.verdict, self.json) = (steps, verdict, json)
    }
}
