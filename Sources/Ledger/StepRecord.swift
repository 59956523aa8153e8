import Core

/// The trace of one optimiser step.
package struct StepRecord: Sendable, Equatable {
    /// The number of the step, from 1.
    package let step: Int
    /// The phases in their order; phases that a run does not have are absent.
    package let phases: [PhaseRecord]

    /// Takes phases in any order. - Throws: `DuplicateEntry`.
    package init(step: Int, phases: [PhaseRecord]) throws {
        precondition(step >= 1, "steps count from 1")
        let ordered = phases.sorted { $0.phase < $1.phase }
        for (left, right) in zip(ordered, ordered.dropFirst()) where left.phase == right.phase {
            throw DuplicateEntry(phase: left.phase, name: nil)
        }
        self.step = step
        self.phases = ordered
    }

    /// The record of a phase.
    package subscript(phase: Phase) -> PhaseRecord? { phases.first { $0.phase == phase } }

    /// The digest of the trained weights after the step: the root over the tensors of its last phase.
    package var weightsDigest: Digest? { self[.weights]?.tensors?.root }

    /// The JSON form: `{"phases":{"batch":{…},…},"step":1}`.
    package var json: JSONValue {
        let phases = JSONObject(self.phases.map { ($0.phase.rawValue, $0.json) })
        return ["phases": .object(phases), "step": .integer(step)]
    }

    /// The canonical form of `json` put together from those of the phases, so that each is written once.
    static func canonicalBytes(step: Int, phases: [(phase: Phase, bytes: [UInt8])]) -> [UInt8] {
        var bytes = Array(#"{"phases":{"#.utf8)
        for (index, phase) in phases.sorted(by: { utf8Less($0.phase.rawValue, $1.phase.rawValue) }).enumerated() {
            bytes.append(contentsOf: "\(index > 0 ? "," : "")\"\(phase.phase.rawValue)\":".utf8)
            bytes.append(contentsOf: phase.bytes)
        }
        bytes.append(contentsOf: #"},"step":\#(step)}"#.utf8)
        return bytes
    }

    /// SHA-256 in the domain `smpo/step-record/1` over the canonical JSON form.
    package var digest: Digest { .of(.stepRecord, json) }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["phases", "step"])
        let phases = try cursor["phases"].members().map { name, value in
            guard let phase = Phase(rawValue: name) else {
                throw value.error(expected: "one of the phases of a step", found: "\"\(name)\"")
            }
            return try PhaseRecord(phase: phase, json: value)
        }
        let step = try cursor["step"].int()
        guard step >= 1 else { throw try cursor["step"].error(expected: "a step from 1", found: "\(step)") }
        try self.init(step: step, phases: phases)
    }
}
