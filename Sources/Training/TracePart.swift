import Core
import Ledger
import Ranks

/// What one rank knows of a finished step: the entries and digests that it has seen, and the digests of the state after it.
/// Those of all ranks together are the step's trace.
struct TracePart {
    /// The step.
    let step: Int
    /// Numbers, texts and digests.
    private(set) var entries: [Phase: [TraceEntry]]
    /// Digests of tensors.
    private(set) var tensors: [Phase: [(name: String, digest: Digest)]]
    /// Digests of the state's tensors.
    private(set) var states: [TracedState: [(name: String, digest: Digest)]]

    /// A rank's part; several ranks may know the same.
    init(
        step: Int, entries: [Phase: [TraceEntry]], tensors: [Phase: [(name: String, digest: Digest)]],
        states: [TracedState: [(name: String, digest: Digest)]]
    ) {
        (self.step, self.entries, self.tensors, self.states) = (step, entries, tensors, states)
    }

    /// The trace of a whole step.
    func trace() throws -> StepTrace {
        var (entries, tensors) = (entries, tensors)
        for state in TracedState.allCases {
            guard let own = states[state] else { continue }
            switch state.form {
            case .root(let key): entries[key.phase, default: []].append(key(try WeightsDigest.root(own)))
            case .tensors(let phase): tensors[phase, default: []] += own
            }
        }
        return try StepTrace(step: step, entries: entries, tensors: tensors)
    }

    /// The parts of all ranks as one. What several know has to be the same.
    /// - Throws: `RankError.different` with the rank that knows other than most, or than the first that knows.
    init(joining parts: [TracePart], hosts: [String]) throws {
        let step = parts[0].step
        func joined<Value: Equatable>(
            _ what: String, _ lists: [[(name: String, value: Value)]], _ text: (Value) -> String
        ) throws -> [(name: String, value: Value)] {
            var (order, known) = ([String](), [String: [(rank: Int, value: Value)]]())
            for (rank, list) in lists.enumerated() {
                for (name, value) in list {
                    if known[name] == nil { order.append(name) }
                    known[name, default: []].append((rank, value))
                }
            }
            return try order.map { name in
                let all = known[name]!
                guard let odd = all.first(where: { $0.value != all[0].value }) else { return (name, all[0].value) }
                let most = all.first { one in all.count { $0.value == one.value } * 2 > all.count } ?? all[0]
                let rank = all.first { $0.value != most.value } ?? odd
                throw RankError.different(
                    what: "step \(step), phase \(what), \(name)", rank: rank.rank, host: hosts[rank.rank],
                    expected: text(most.value), found: text(rank.value))
            }
        }
        func digests(_ what: String, _ lists: [[(name: String, digest: Digest)]]) throws -> [(
            name: String, digest: Digest
        )] {
            try joined(what, lists.map { $0.map { ($0.name, $0.digest) } }) { $0.hex }.map { ($0.name, $0.value) }
        }
        guard let odd = parts.firstIndex(where: { $0.step != step }) else {
            self.init(step: step, entries: [:], tensors: [:], states: [:])
            for phase in Phase.allCases {
                let own = try joined("\(phase)", parts.map { ($0.entries[phase] ?? []).map { ($0.name, $0.value) } }) {
                    $0.json.canonical
                }
                if parts.contains(where: { $0.entries[phase] != nil }) {
                    entries[phase] = own.map { TraceEntry($0.name, $0.value) }
                }
                let tensors = try digests("\(phase)", parts.map { $0.tensors[phase] ?? [] })
                if !tensors.isEmpty { self.tensors[phase] = tensors }
            }
            for state in TracedState.allCases where parts.contains(where: { $0.states[state] != nil }) {
                states[state] = try digests(
                    "\(state.form.phase), \(state.rawValue)", parts.map { $0.states[state] ?? [] })
            }
            return
        }
        throw RankError.different(
            what: "the step", rank: odd, host: hosts[odd], expected: "\(step)", found: "\(parts[odd].step)")
    }

    /// What goes to the rank that keeps the record.
    var json: JSONValue {
        func digests(_ list: [(name: String, digest: Digest)]) -> JSONValue {
            .array(list.map { .array([.string($0.name), .digest($0.digest)]) })
        }
        func object<Key: RawRepresentable<String>, Value>(
            _ values: [Key: Value], _ keys: [Key], _ json: (Value) -> JSONValue
        ) -> JSONValue {
            .object(JSONObject(keys.compactMap { key in values[key].map { (key.rawValue, json($0)) } }))
        }
        return [
            "step": .integer(step),
            "entries": object(entries, Phase.allCases) { list in
                .array(list.map { .array([.string($0.name), $0.json]) })
            },
            "tensors": object(tensors, Phase.allCases, digests),
            "states": object(states, TracedState.allCases, digests),
        ]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    init(json cursor: JSONCursor) throws {
        func digests(_ list: JSONCursor) throws -> [(name: String, digest: Digest)] {
            try list.elements().map { (try $0[0].string(), try $0[1].digest()) }
        }
        func object<Key: RawRepresentable<String> & Hashable, Value>(
            _ cursor: JSONCursor, _ type: Key.Type, _ value: (JSONCursor) throws -> Value
        ) throws -> [Key: Value] {
            var values: [Key: Value] = [:]
            for (name, member) in try cursor.members() {
                guard let key = Key(rawValue: name) else { throw member.error(expected: "a known name", found: name) }
                values[key] = try value(member)
            }
            return values
        }
        step = try cursor["step"].int()
        entries = try object(cursor["entries"], Phase.self) { list in
            try list.elements().map { try TraceEntry(name: try $0[0].string(), json: $0[1]) }
        }
        tensors = try object(cursor["tensors"], Phase.self, digests)
        states = try object(cursor["states"], TracedState.self, digests)
    }
}
