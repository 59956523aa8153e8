import Core

/// The result of a gate: every golden run that was selected, replayed in every way.
package struct GateReport: Sendable {
    /// The cases, in the order of the runs and of the ways.
    package let cases: [GateCase]
    /// The version of the program.
    package let version: String
    /// The seconds that were to be spent, where not every step had to be replayed.
    package let budget: Int?

    /// Golden runs that no pattern selected: nothing is said of them.
    package let notSelected: [String]
    /// Runs with a manifest that are not golden: no gate looks at them.
    package let notGolden: [String]

    /// A report.
    package init(
        _ cases: [GateCase], version: String, budget: Int? = nil, notSelected: [String] = [], notGolden: [String] = []
    ) {
        self.cases = cases
        self.version = version
        self.budget = budget
        self.notSelected = notSelected
        self.notGolden = notGolden
    }

    /// The gravest outcome; nothing that was audited is trouble.
    package var outcome: GateOutcome { GateOutcome.gravest(of: cases.map(\.outcome)) ?? .trouble }

    /// The cases that close the gate.
    package var failures: [GateCase] { cases.filter { $0.outcome.isFailure } }

    /// The cases of which not every step was replayed although nothing stood in the way.
    package var partial: [GateCase] { cases.filter { $0.checked != nil && !$0.unchecked.isEmpty } }

    /// The cases whose recipe nothing watches, whether their policy says why or not.
    package var unwatched: [GateCase] { cases.filter { $0.unwatched != nil } }

    /// The number of cases of each outcome that occurs, gravest first.
    package var counts: [(outcome: GateOutcome, count: Int)] {
        GateOutcome.byGravity.compactMap { outcome -> (outcome: GateOutcome, count: Int)? in
            let count = cases.count { $0.outcome == outcome }
            return count == 0 ? nil : (outcome, count)
        }
    }

    /// One line: `closed: 1 diverged, 8 reproduced`, and what was not looked at: how many were replayed in part, are
    /// watched by no recipe, were not selected.
    package var summary: String {
        let list = counts.map { "\($0.count) \($0.outcome.rawValue)" }.joined(separator: ", ")
        var rest = partial.isEmpty ? "" : "; \(partial.count) of \(cases.count) replayed in part only"
        if !unwatched.isEmpty { rest += "; \(unwatched.count) of \(cases.count) watched by no recipe" }
        if !notSelected.isEmpty {
            rest += "; \(notSelected.count) golden run\(notSelected.count == 1 ? "" : "s") not selected"
        }
        return "\(outcome.isFailure ? "closed" : "open"): \(cases.isEmpty ? "nothing was audited" : list)\(rest)"
    }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "version": .string(version), "outcome": .string(outcome.rawValue),
            "open": .bool(!outcome.isFailure), "summary": .string(summary),
            "counts": .object(JSONObject(counts.map { ($0.outcome.rawValue, .integer($0.count)) })),
            "cases": .array(cases.map(\.json)),
        ]
        object["not_selected"] = notSelected.isEmpty ? nil : .array(notSelected.map { .string($0) })
        object["not_golden"] = notGolden.isEmpty ? nil : .array(notGolden.map { .string($0) })
        object["quick_seconds"] = budget.map { .integer($0) }
        return .object(object)
    }
}
