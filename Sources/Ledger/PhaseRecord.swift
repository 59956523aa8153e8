import Core

/// All that one phase of one step left behind, in UTF-8 byte order of the names.
///
/// The order of a trace is that of the phases and, inside a phase, that of the names; the order in which the entries
/// were made is not kept, since it may depend on scheduling.
package struct PhaseRecord: Sendable, Equatable {
    /// The phase.
    package let phase: Phase
    /// The entries in byte order of their names.
    package let entries: [TraceEntry]

    /// Takes entries in any order. - Throws: `DuplicateEntry`.
    package init(_ phase: Phase, _ entries: [TraceEntry]) throws {
        let ordered = entries.sorted { utf8Less($0.name, $1.name) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where utf8Equal(left.name, right.name) {
            throw DuplicateEntry(phase: phase, name: left.name)
        }
        self.phase = phase
        self.entries = ordered
    }

    /// The entry of a name.
    package subscript(name: String) -> TraceEntry? {
        entries.first { utf8Equal($0.name, name) }
    }

    /// The record's commitment to the phase's tensors; nil where it has none.
    package var tensors: TensorCommitment? {
        guard case .tensors(let tensors)? = self[TraceEntry.tensorsName]?.value else { return nil }
        return tensors
    }

    /// The number of things recorded: entries, and tensors each by itself.
    package var count: Int { entries.count + (tensors.map { $0.count - 1 } ?? 0) }

    /// The JSON form: an object from names to entries.
    package var json: JSONValue {
        .object(JSONObject(entries.map { ($0.name, $0.json) }))
    }

    /// SHA-256 in the domain `smpo/phase-record/1` over the canonical JSON form.
    package var digest: Digest { .of(.phaseRecord, json) }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(phase: Phase, json cursor: JSONCursor) throws {
        self.phase = phase
        self.entries = try cursor.members().map { try TraceEntry(name: $0.key, json: $0.value) }
    }
}

/// Two entries of one phase have the same name, or a step has one phase twice (then `name` is nil).
package struct DuplicateEntry: Error, Equatable, CustomStringConvertible {
    /// The phase.
    package let phase: Phase
    /// The name of the entries.
    package let name: String?

    /// An error about a name in a phase.
    package init(phase: Phase, name: String?) {
        self.phase = phase
        self.name = name
    }

    /// One line.
    package var description: String {
        guard let name else { return "the phase \(phase.rawValue) stands twice in a step record" }
        return "two entries of the phase \(phase.rawValue) are named \"\(name)\""
    }
}
