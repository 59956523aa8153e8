import Comparison
import Core
import Ledger

/// How two recorded runs differ.
package struct RunDifference: Sendable {
    /// The runs.
    package let left: String, right: String
    /// Whether everything that both have was compared and is equal, and neither has more.
    package var isSame: Bool { verdict == .reproduced }
    /// `diverged` where something differs, `incomparable` where there is nothing to compare: neither steps that both
    /// have nor what both came to.
    package var verdict: Verdict {
        if tampering != nil { return .tampered }
        guard divergence == nil, inputs.isEmpty, outcome.isEmpty, unlike.isEmpty else { return .diverged }
        return commonSteps > 0 || comparesOutcomes ? .reproduced : .incomparable
    }
    /// Which hash, link or signature of which run does not hold; nothing is compared then.
    package var tampering: String?
    /// What differs in the inputs of their manifests.
    package var inputs: [DocumentDifference] = []
    /// Whether both say what they came to, and what differs in that: chain heads, roots, digests of the weights.
    package var comparesOutcomes = false, outcome: [DocumentDifference] = []
    /// What differs in the circumstances, which must not matter.
    package var circumstances: [DocumentDifference] = []
    /// The first place at which the traces differ.
    package var divergence: Divergence?
    /// What that comes from.
    package var cause: Cause?
    /// The first operator that differs.
    package var operators: OperatorDivergence?
    /// Steps that both have, and how many of them, from the first, are equal.
    package var commonSteps = 0, equalSteps = 0
    /// What one run has and the other has not: steps, phases.
    package var unlike: [String] = []
    /// What was not compared, and why.
    package var notCompared: [String] = []
    /// What was found on the way.
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
