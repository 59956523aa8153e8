import Audit
import Comparison
import Core

/// What `smpo diff A B --json` wrote of two runs.
package struct RunDifferenceDocument: Sendable {
    /// The runs.
    package let left: String, right: String
    /// What came of the comparison.
    private let outcome: Verdict
    /// Which hash does not hold, where one does not.
    package let tampering: String?
    /// What differs in the manifests.
    package let entries: [InputDifferences.Entry]
    /// Where the traces part.
    package let difference: FirstDifference?
    /// Steps that both have, and how many are equal from the first on.
    package let commonSteps: Int, equalSteps: Int
    /// What one run has alone, and what was not compared.
    package let onlyInOne: [String], notCompared: [String]

    /// Whether a document is one of two runs.
    package static func isDifference(_ cursor: JSONCursor) -> Bool {
        guard case .object(let object)? = cursor.value else { return false }
        return object["left"] != nil && object["common_steps"] != nil
    }

    /// Reads the document. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        func words(_ key: String) throws -> [String] { try cursor[key].elements().map { try $0.string() } }
        (left, right) = (try cursor["left"].string(), try cursor["right"].string())
        tampering = try cursor["tampering"].present?.string()
        entries =
            try cursor["inputs"].elements().map { try InputDifferences.Entry(json: $0, isInput: true) }
            + cursor["circumstances"].elements().map { try InputDifferences.Entry(json: $0, isInput: false) }
        let common = try cursor["common_steps"].int()
        (commonSteps, equalSteps) = (common, try cursor["equal_steps"].int())
        outcome = try RunDifferenceDocument.outcome(cursor, commonSteps: common)
        (onlyInOne, notCompared) = (try words("only_in_one"), try words("not_compared"))
        var difference = try cursor["divergence"].present.map { try FirstDifference(json: $0, steps: common) }
        difference?.operation = try cursor["operator"].present?["summary"].string()
        difference?.cause = try cursor["cause"].present.map {
            let word = try $0.string()
            return Cause(rawValue: word).map { RunDifferenceText.describe($0) } ?? word
        }
        difference?.looked = try words("notes")
        self.difference = difference
    }

    /// The verdict, which must be what `same` says. Documents of earlier versions have no verdict; two runs without a step
    /// to compare were the same to them.
    private static func outcome(_ cursor: JSONCursor, commonSteps: Int) throws -> Verdict {
        let isSame = try cursor["same"].bool()
        guard let verdict = try cursor["verdict"].present.map({ try Verdict(json: $0) }) else {
            if try cursor["tampering"].present != nil { return .tampered }
            return isSame ? (commonSteps > 0 ? .reproduced : .incomparable) : .diverged
        }
        guard isSame == (verdict == .reproduced) else {
            throw try cursor["same"].error(expected: "\(!isSame), as the verdict says", found: "\(isSame)")
        }
        return verdict
    }

    /// What the two are called on a page.
    package var names: PageSides { PageSides(recorded: left, found: right) }

    /// The verdict.
    package var verdict: PageVerdict {
        switch outcome {
        case .tampered:
            PageVerdict(
                .tampered, "A run does not hold, so nothing was compared: \(tampering ?? "no reason is given").")
        case .reproduced, .withinBand:
            PageVerdict(
                "the same", .good,
                commonSteps > 0
                    ? "All \(commonSteps) steps and the inputs are equal."
                    : "The inputs and what both came to are equal; no steps could be compared.")
        case .incomparable:
            PageVerdict(.incomparable, "Neither steps nor what both came to could be compared. This is never a pass.")
        case .diverged:
            PageVerdict(
                "different", .bad,
                "\(equalSteps) of \(commonSteps) steps that both have are equal from the first on.")
        }
    }

    /// What was not compared.
    package var omissions: [ReportPage.Omission] {
        notCompared.map { text in
            let parts = text.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
            return .init(String(parts[0]), parts.count > 1 ? String(parts[1]) : "the comparison says no more")
        } + onlyInOne.map { .init($0, "the other run has none to compare with") }
    }
}
