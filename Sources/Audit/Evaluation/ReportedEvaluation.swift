import Core

/// The check of an evaluation read back from its JSON form: the verdict and what it rests on.
package struct ReportedEvaluation: Sendable, Equatable {
    /// The report that was checked.
    package let report: String
    /// The verdict.
    package let verdict: Verdict
    /// One sentence: the first difference, or what was made again.
    package let says: String
    /// Pictures and scores that the report has, and pictures that were not drawn again.
    package let pictures: Int, scores: Int, kept: Int
    /// The report's digest, and that of what was made; nil where nothing was.
    package let digest: Digest, found: Digest?

    /// Reads the JSON form of an `EvaluationCheck`. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        (report, says) = (try cursor["report"].string(), try cursor["says"].string())
        verdict = try Verdict(json: cursor["verdict"])
        (pictures, scores) = (try cursor["pictures"].count(), try cursor["scores"].count())
        kept = try cursor["kept"].count()
        (digest, found) = (try cursor["digest"].digest(), try cursor["found_digest"].present?.digest())
    }

    /// The contradiction in a report that says the evaluation passes: something that was not made again, or came out otherwise.
    package var contradiction: String? {
        guard verdict.isPass else { return nil }
        let isWhole = pictures > 0 && scores > 0 && kept == 0 && found == digest && verdict == .reproduced
        return isWhole
            ? nil : "the check says \(verdict.rawValue), but not all of it was made again with the same digest"
    }
}
