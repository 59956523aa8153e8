import Digests

/// What a gate found: every golden run that was selected, in every way.
public struct GateReport: Sendable {
    /// The cases, in the order of the runs and of the ways.
    public let cases: [GateCase]
    /// The version of the program.
    public let version: String
    /// The seconds that were to be spent, where not every step had to be replayed.
    public let budget: Int?

    /// A report.
    public init(_ cases: [GateCase], version: String, budget: Int? = nil) {
        (self.cases, self.version, self.budget) = (cases, version, budget)
    }

    /// The gravest outcome; nothing that was audited is trouble.
    public var outcome: GateOutcome { GateOutcome.gravest(of: cases.map(\.outcome)) ?? .trouble }

    /// The cases that close the gate.
    public var failures: [GateCase] { cases.filter { $0.outcome.isFailure } }

    /// The cases of which not every step was replayed although nothing stood in the way.
    public var partial: [GateCase] { cases.filter { $0.checked != nil && !$0.unchecked.isEmpty } }

    /// How many cases have each outcome, those that occur, gravest first.
    public var counts: [(outcome: GateOutcome, count: Int)] {
        GateOutcome.byGravity.compactMap { outcome -> (outcome: GateOutcome, count: Int)? in
            let count = cases.count { $0.outcome == outcome }
            return count == 0 ? nil : (outcome, count)
        }
    }

    /// One line: `closed: 1 diverged, 8 reproduced`, and how many were replayed in part.
    public var summary: String {
        let list = counts.map { "\($0.count) \($0.outcome.rawValue)" }.joined(separator: ", ")
        let rest = partial.isEmpty ? "" : "; \(partial.count) of \(cases.count) replayed in part only"
        return "\(outcome.isFailure ? "closed" : "open"): \(cases.isEmpty ? "nothing was audited" : list)\(rest)"
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    public var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "version": .string(version), "outcome": .string(outcome.rawValue),
            "open": .bool(!outcome.isFailure), "summary": .string(summary),
            "counts": .object(JSONObject(counts.map { ($0.outcome.rawValue, .integer($0.count)) })),
            "cases": .array(cases.map(\.json)),
        ]
        object["quick_seconds"] = budget.map { .integer($0) }
        return .object(object)
    }
}
