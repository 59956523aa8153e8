import Comparison
import Core
import Ledger

/// The difference of two recorded runs.
package struct RunDifference: Sendable {
    /// The runs.
    package let left: String, right: String
    /// Whether everything that both have was compared and is equal, and neither has more.
    package var isSame: Bool { verdict == .reproduced }
    /// `diverged` where something differs, `incomparable` for runs of two contracts, and where there is nothing to compare:
    /// neither steps that both have nor two outcomes.
    package var verdict: Verdict {
        if tampering != nil { return .tampered }
        if contracts != nil { return .incomparable }
        guard divergence == nil, inputs.isEmpty, outcome.isEmpty, unlike.isEmpty else { return .diverged }
        return commonSteps > 0 || comparesOutcomes ? .reproduced : .incomparable
    }
    /// The hash, link or signature that does not hold, and its run; nothing is compared then.
    package var tampering: String?
    /// The contracts of the runs, where they are two; nothing but the manifests is compared then.
    package var contracts: ContractDifference? {
        guard let names = inputs.first(where: { $0.path == "contract" }) else { return nil }
        func name(_ text: String?) -> String { (text ?? "").filter { $0 != "\"" } }
        return ContractDifference(
            "\(left) was recorded", under: name(names.left), "\(right) was recorded", under: name(names.right))
    }
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
    /// The parts that were not compared, each with the reason.
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
        object["divergence"] = divergence?.json
        object["cause"] = cause.map { .string($0.rawValue) }
        object["operator"] = operators?.json
        return .object(object)
    }

    /// Whether a document is one of two runs.
    package static func isDifference(_ value: JSONValue?) -> Bool {
        guard case .object(let object)? = value else { return false }
        return object["left"] != nil && object["common_steps"] != nil
    }

    /// Reads `json` back: a verdict must be what the rest of the document says. Documents of earlier versions have none; two
    /// runs without a step to compare were the same to them. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        func words(_ key: String) throws -> [String] { try cursor[key].elements().map { try $0.string() } }
        func differences(_ key: String) throws -> [DocumentDifference] {
            try cursor[key].present?.elements().map { try DocumentDifference(json: $0) } ?? []
        }
        self.init(left: try cursor["left"].string(), right: try cursor["right"].string())
        tampering = try cursor["tampering"].present?.string()
        (inputs, circumstances) = (try differences("inputs"), try differences("circumstances"))
        outcome = try differences("outcome")
        (commonSteps, equalSteps) = (try cursor["common_steps"].int(), try cursor["equal_steps"].int())
        (unlike, notCompared, notes) = (try words("only_in_one"), try words("not_compared"), try words("notes"))
        divergence = try cursor["divergence"].present.map { try Divergence(json: $0) }
        operators = try cursor["operator"].present.map { try OperatorDivergence(json: $0) }
        cause = try cursor["cause"].present.map { place in
            guard let cause = Cause(rawValue: try place.string()) else {
                throw place.error(expected: "one of \(Cause.allCases.map(\.rawValue))", found: try place.string())
            }
            return cause
        }
        let stated = try cursor["verdict"].present.map { try Verdict(json: $0) }
        comparesOutcomes = stated == .reproduced && commonSteps == 0
        if let stated, stated != verdict {
            throw try cursor["verdict"].error(expected: "\(verdict.rawValue), as the rest says", found: stated.rawValue)
        }
        guard try cursor["same"].bool() == isSame || stated == nil && commonSteps == 0 else {
            throw try cursor["same"].error(expected: "\(isSame), as the rest says", found: "\(!isSame)")
        }
    }
}
