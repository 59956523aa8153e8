import Core

/// The mutants of a self-test that one process makes: of all in their order every `count`-th, from the `number`-th on.
package struct SelfTestShare: Sendable, Equatable {
    /// Which share, from 1 on, of how many.
    package let number: Int, count: Int

    /// All mutants.
    package static let whole = SelfTestShare(1, of: 1)!

    /// Share `number` of `count`; nil where there is none.
    package init?(_ number: Int, of count: Int) {
        guard count >= 1, (1...count).contains(number) else { return nil }
        (self.number, self.count) = (number, count)
    }

    /// `2/8` as a share; nil for a text that names none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
        self.init(number, of: count)
    }

    /// As it is written: `2/8`.
    package var text: String { "\(number)/\(count)" }

    /// Whether the mutant at `index` of all belongs to it.
    package func has(_ index: Int) -> Bool { index % count == number - 1 }
}

extension SelfTestReport {
    /// The report that the shares' reports, in their JSON form, come to together. Where the run did not pass as it stands in one of
    /// them, that is the report.
    /// - Throws: `JSONShapeError` where one is of another run, other steps or another share, or a mutant is missing or there twice.
    package init(shares: [JSONCursor], run: String) throws {
        let audits = try shares.map { try ReportedAudit(json: $0["unchanged"]) }
        guard let first = audits.first else { preconditionFailure("no share") }
        for (share, audit) in zip(shares, audits) where audit.run != run || audit.segment != first.segment {
            if audit.verdict.isPass || audit.run != run {
                throw try share["unchanged"].error(
                    expected: "an audit of \(run), steps \(SelfTestReport.text(first))",
                    found: "one of \(audit.run), steps \(SelfTestReport.text(audit))")
            }
        }
        let gravest = Verdict.gravest(of: audits.map(\.verdict))
        let place = audits.firstIndex { $0.verdict == gravest } ?? 0
        guard let json = try shares[place]["unchanged"].value else { throw shares[place].error(expected: "a report") }
        self.init(run: run, unchanged: AuditReport(audits[place]), json: json)
        guard gravest.isPass else { return }

        let planned = try shares[0]["share"]["mutants"].int()
        var (made, omitted): ([Int: Result], [Int: Omission]) = ([:], [:])
        for (number, share) in shares.enumerated() {
            let own = try share["share"]
            let (found, count) = (try own["number"].int(), try own["of"].int())
            guard found == number + 1, count == shares.count else {
                throw own.error(expected: "share \(number + 1) of \(shares.count)", found: "\(found) of \(count)")
            }
            let mutants = try own["mutants"].int()
            guard mutants == planned else {
                throw try own["mutants"].error(expected: "\(planned), as in share 1", found: "\(mutants)")
            }
            func index(_ cursor: JSONCursor) throws -> Int {
                let index = try cursor["index"].int()
                let isNew = made[index] == nil && omitted[index] == nil
                guard (0..<planned).contains(index), SelfTestShare(found, of: count)!.has(index), isNew else {
                    throw try cursor["index"].error(
                        expected: "a mutant of share \(found) of \(count), once", found: "\(index)")
                }
                return index
            }
            for one in try share["mutants"].elements() { made[try index(one)] = try Result(json: one) }
            for one in try share["not_made"].elements() { omitted[try index(one)] = try Omission(json: one) }
        }
        if let missing = (0..<planned).first(where: { made[$0] == nil && omitted[$0] == nil }) {
            let share = shares[missing % shares.count]
            throw try share["mutants"].error(expected: "mutant \(missing) of \(planned)", found: "none")
        }
        results = made.sorted { $0.key < $1.key }.map(\.value)
        omissions = omitted.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func text(_ audit: ReportedAudit) -> String {
        audit.segment.map { "\($0.steps.lowerBound)..\($0.steps.upperBound)" } ?? "unknown"
    }
}

extension SelfTestReport.Result {
    fileprivate init(json cursor: JSONCursor) throws {
        let (expected, verdict) = (try Verdict(json: cursor["expected"]), try cursor["verdict"].string())
        let isRight = try cursor["right"].bool()
        guard !isRight || verdict == expected.rawValue else {
            throw try cursor["right"].error(expected: "false, for the verdicts differ", found: "true")
        }
        self.init(
            index: try cursor["index"].int(), mutant: try cursor["mutant"].string(),
            change: try cursor["change"].string(), expected: expected, verdict: verdict,
            place: try cursor["place"].present?.string(), isRight: isRight)
    }
}

extension SelfTestReport.Omission {
    fileprivate init(json cursor: JSONCursor) throws {
        self.init(
            index: try cursor["index"].int(), mutant: try cursor["mutant"].string(),
            change: try cursor["change"].string(), reason: try cursor["reason"].string())
    }
}
