import Comparison
import Core

/// What came of a drawn unit, wherever it was computed.
package struct UnitResult: Sendable, Equatable {
    /// The unit.
    package let unit: DrawnUnit
    /// The verdict on it alone, and its reason where it is neither a pass nor a difference.
    package let verdict: Verdict
    package var reason: String?
    /// Its first difference from the record.
    package var divergence: Divergence?
    /// What of a lane the record does not state one by one.
    package var unchecked: [String] = []

    /// Of a unit that was computed.
    init(_ unit: DrawnUnit, _ divergence: Divergence?, unchecked: [String] = []) {
        (self.unit, self.divergence, self.unchecked) = (unit, divergence, unchecked)
        verdict = divergence == nil ? .reproduced : .diverged
    }

    /// Of one that could not be compared.
    init(_ unit: DrawnUnit, _ judgement: Judgement) {
        (self.unit, verdict, reason) = (unit, judgement.verdict, judgement.reason)
    }

    /// Machine-readable form; `contract` is that of the replay.
    package func json(run: String, contract: String) -> JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run), "unit": .string(unit.text), "verdict": .string(verdict.rawValue),
            "contract": .string(contract),
        ]
        object["reason"] = reason.map { .string($0) }
        object["divergence"] = divergence?.json
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        return .object(object)
    }

    /// Reads that of `unit` of `run` back. - Throws: `JSONShapeError`, also for another unit's, and for a pass or a difference under
    /// another contract.
    package init(json cursor: JSONCursor, _ unit: DrawnUnit, run: String, contract: String) throws {
        try cursor.require("run", run)
        try cursor.require("unit", unit.text)
        try cursor.require("contract", contract)
        (self.unit, verdict) = (unit, try Verdict(json: cursor["verdict"]))
        reason = try cursor["reason"].present?.string()
        divergence = try cursor["divergence"].present.map { try Divergence(json: $0) }
        unchecked = try cursor["not_checked"].strings()
        guard (verdict == .diverged) == (divergence != nil) || reason != nil else {
            throw cursor.error(expected: "a difference where it diverged, and nowhere else", found: verdict.rawValue)
        }
    }
}

extension JSONCursor {
    /// - Throws: `JSONShapeError` where a member is not this text.
    func require(_ member: String, _ expected: String) throws {
        let found = try self[member].string()
        guard utf8Equal(found, expected) else { throw try self[member].error(expected: expected, found: found) }
    }

    /// The texts of a list, none where it is not there.
    func strings() throws -> [String] { try present?.elements().map { try $0.string() } ?? [] }
}
