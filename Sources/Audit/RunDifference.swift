import Comparison
import Core
import Ledger

/// The difference of two recorded runs.
package struct RunDifference: Sendable {
    /// The runs.
    package let left: String, right: String
    /// Whether everything that both have was compared and is equal, and neither has more.
    package var isSame: Bool { verdict == .reproduced }
    /// `diverged` where something differs, `incomparable` where there is nothing to compare: neither steps that both
    /// have nor two outcomes.
    package var verdict: Verdict {
        if tampering != nil { return .tampered }
        guard divergence == nil, inputs.isEmpty, outcome.isEmpty, unlike.isEmpty else { return .diverged }
        return commonSteps > 0 || comparesOutcomes ? .reproduced : .incomparable
    }
    /// The hash, link or signature that does not hold, and its run; nothing is compared then.
    package var tampering: String?
    /// Differing inputs of their manifests.
    package var inputs: [DocumentDifference] = []
    /// Whether both state an outcome, and the differences of the two: chain heads, roots, digests of the weights.
    package var comparesOutcomes = false, outcome: [DocumentDifference] = []
    /// Differing circumstances, which must not matter.
    package var circumstances: [DocumentDifference] = []
    /// The first place at which the traces differ.
    package var divergence: Divergence?
    /// The cause of the divergence.
    package var cause: Cause?
    /// The first operator that differs.
    package var operators: OperatorDivergence?
    /// Steps that both have, and how many of them, from the first, are equal.
    package var commonSteps = 0, equalSteps = 0
    /// Steps and phases that only one run has.
    package var unlike: [String] = []
    /// What was not compared, and why.
    package var notCompared: [String] = []
    /// Notes on how the operators were compared.
    package var notes: [String] = []

    /// A difference of two runs of which nothing is known yet.
    package init(left: String, right: String) { (self.left, self.right) = (left, right) }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        func list(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
        func list(_ differences: [DocumentDifference]) -> JSONValue { .array(differences.map(\.json)) }
        var object: JSONObject = [
            "schema": 1, "left": .string(left), "right": .string(right), "same": .bool(isSame),
            "inputs": list(inputs), "circumstances": list(circumstances), "common_steps": .integer(commonSteps),
            "equal_steps": .integer(equalSteps), "only_in_one": list(unlike), "not_compared": list(notCompared),
            "notes": list(notes),
        ]
        object["outcome"] = outcome.isEmpty ? nil : list(outcome)
        object["verdict"] = .string(verdict.rawValue)
        object["tampering"] = tampering.map { .string($0) }
        object["divergence"] = divergence.map { AuditReport.json($0) }
        object["cause"] = cause.map { .string($0.rawValue) }
        object["operator"] = operators.map { AuditReport.json($0) }
        return .object(object)
    }
}
