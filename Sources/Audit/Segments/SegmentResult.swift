import Core

/// The result of one segment's replay, wherever it ran: a report's JSON form is all that needs to travel.
package struct SegmentResult: Sendable {
    /// The steps.
    package let steps: ClosedRange<Int>
    /// The outcome.
    package let verdict: Verdict
    /// The first difference or the reason, unless reproduced.
    package let summary: String?
    /// The whole report.
    package let json: JSONValue

    /// The result for `steps` of a run of `contract` that `AuditReport.json` tells of. - Throws: `JSONShapeError`, also for
    /// a pass under another contract.
    package init(json cursor: JSONCursor, steps: ClosedRange<Int>, contract: String) throws {
        let audit = try ReportedAudit(json: cursor)
        guard let json = cursor.value else { throw cursor.error(expected: "a report") }
        if audit.verdict.isPass, audit.segment?.steps != steps || audit.contradiction != nil {
            throw cursor.error(
                expected: "a report on the steps \(steps.lowerBound)..\(steps.upperBound)",
                found: audit.contradiction ?? "one on other steps")
        }
        if audit.verdict.isPass, audit.contract.map({ utf8Equal($0, contract) }) != true {
            throw cursor.error(
                expected: "a replay under contract \(contract)", found: "one under \(audit.contract ?? "none")")
        }
        (verdict, summary) = (audit.verdict, audit.difference ?? audit.reason)
        self.steps = steps
        self.json = json
    }
}
