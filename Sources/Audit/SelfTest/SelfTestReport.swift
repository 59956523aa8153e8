import Core

/// The audit's verdicts on the mutants of a run.
package struct SelfTestReport: Sendable {
    /// A mutant that was made.
    package struct Result: Sendable, Equatable {
        /// Its place among all mutants of the run.
        package let index: Int
        /// The kind: `seed`, `weight bit`, ….
        package let mutant: String
        /// The change in words.
        package let change: String
        /// The verdict that it should get.
        package let expected: Verdict
        /// The verdict that it got.
        package let verdict: String
        /// The place that the audit named.
        package let place: String?
        /// Whether the verdict is the right one, for the right place.
        package let isRight: Bool
    }

    /// A mutant that this run cannot have.
    package struct Omission: Sendable, Equatable {
        /// Its place among all mutants of the run.
        package let index: Int
        /// The mutant's name.
        package let mutant: String
        /// The change in words.
        package let change: String
        /// The reason why it was not made, as a sentence that begins with "because" would go on.
        package let reason: String
    }

    /// The run.
    package let run: String
    /// The audit of the same steps with nothing changed; unless it says `reproduced`, no mutant is made.
    package let unchanged: AuditReport
    /// The whole report on that audit.
    private let unchangedJSON: JSONValue
    /// The mutants that were to be made here.
    package let share: SelfTestShare
    /// The number of mutants of the run, of all shares.
    package internal(set) var planned = 0
    /// The mutants.
    package internal(set) var results: [Result] = []
    /// The mutants that were not made.
    package internal(set) var omissions: [Omission] = []

    /// A report before the first mutant; `json` is that of the audit, where it was made elsewhere.
    init(run: String, unchanged: AuditReport, json: JSONValue? = nil, share: SelfTestShare = .whole) {
        self.run = run
        self.unchanged = unchanged
        self.share = share
        unchangedJSON = json ?? unchanged.json
    }

    /// The verdict on the audit itself: that of the run itself unless it passes; `diverged` where a mutant got
    /// another verdict than it should, or none was made.
    package var verdict: Verdict { unchanged.verdict.isPass && !isWhole ? .diverged : unchanged.verdict }

    /// Whether every mutant got the verdict it should.
    package var isWhole: Bool {
        // A share may have none of those that the run can have.
        unchanged.verdict.isPass && (share != .whole || !results.isEmpty) && results.allSatisfy(\.isRight)
    }

    /// `15 of 15 mutants caught, 2 of 2 harmless changes passed, 3 not made`.
    package var score: String {
        let (harmless, mutants) = (
            results.filter { $0.expected == .reproduced }, results.filter { $0.expected != .reproduced }
        )
        return "\(mutants.count(where: \.isRight)) of \(mutants.count) mutants caught, "
            + "\(harmless.count(where: \.isRight)) of \(harmless.count) harmless changes passed, "
            + "\(omissions.count) not made"
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning. That of a share says which one it is, and the
    /// place of each mutant among all.
    package var json: JSONValue {
        let isShare = share != .whole
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "verdict": .string(verdict.rawValue), "unchanged": unchangedJSON,
            "whole": .bool(isWhole),
            "score": .string(score),
            "mutants": .array(
                results.map { result in
                    var object: JSONObject = [
                        "mutant": .string(result.mutant), "change": .string(result.change),
                        "expected": .string(result.expected.rawValue), "verdict": .string(result.verdict),
                        "right": .bool(result.isRight),
                    ]
                    object["place"] = result.place.map { .string($0) }
                    object["index"] = isShare ? .integer(result.index) : nil
                    return .object(object)
                }),
            "not_made": .array(
                omissions.map { omission in
                    var object: JSONObject = [
                        "mutant": .string(omission.mutant), "change": .string(omission.change),
                        "reason": .string(omission.reason),
                    ]
                    object["index"] = isShare ? .integer(omission.index) : nil
                    return .object(object)
                }),
        ]
        object["share"] =
            isShare
            ? ["number": .integer(share.number), "of": .integer(share.count), "mutants": .integer(planned)] : nil
        return .object(object)
    }
}
