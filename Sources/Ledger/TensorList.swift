import Digests

/// The digests of a phase's tensors by name. The record of the step commits to them (`TensorCommitment`); they
/// themselves are kept beside it, as far as the run's `RecordLevel` says.
public struct TensorList: Sendable, Equatable {
    /// The names in UTF-8 byte order.
    public let names: [String]
    /// The digests in the order of the names.
    public let digests: [Digest]

    /// Takes tensors in any order. - Throws: `DuplicateTensorName`.
    public init(_ tensors: [(name: String, digest: Digest)]) throws {
        let ordered = tensors.sorted { utf8Less($0.name, $1.name) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where utf8Equal(left.name, right.name) {
            throw DuplicateTensorName(name: left.name)
        }
        (names, digests) = (ordered.map(\.name), ordered.map(\.digest))
    }

    /// A list whose names are in order; as many digests as names.
    init(names: [String], digests: [Digest]) { (self.names, self.digests) = (names, digests) }

    /// What the record says of the list.
    public var commitment: TensorCommitment {
        TensorCommitment(
            count: names.count, names: TensorList.digest(ofNames: names), root: MerkleTree.root(leaves: digests))
    }

    /// The digest of a name.
    public subscript(name: String) -> Digest? {
        names.firstIndex { utf8Equal($0, name) }.map { digests[$0] }
    }

    /// SHA-256 in the domain `smpo/tensor-names/1` over the canonical JSON list of names.
    static func digest(ofNames names: [String]) -> Digest {
        .of(.tensorNames, .array(names.map { .string($0) }))
    }
}

/// What a step record holds of a phase's tensors: how many, which, and the Merkle root (`MerkleTree`) over their
/// digests in the order of the names.
public struct TensorCommitment: Sendable, Equatable {
    /// The number of tensors.
    public let count: Int
    /// The digest of their names.
    public let names: Digest
    /// The root over their digests.
    public let root: Digest

    /// A commitment to `count` tensors.
    public init(count: Int, names: Digest, root: Digest) { (self.count, self.names, self.root) = (count, names, root) }

    var json: JSONValue { ["count": .integer(count), "names": .digest(names), "root": .digest(root)] }

    init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["count", "names", "root"])
        let count = try cursor["count"].int()
        guard count > 0 else { throw try cursor["count"].error(expected: "at least one tensor", found: "\(count)") }
        self.init(count: count, names: try cursor["names"].digest(), root: try cursor["root"].digest())
    }
}

/// All that one step left behind: the record, which is hashed and chained, and the digests of single tensors to which
/// the record commits.
public struct StepTrace: Sendable, Equatable {
    /// The record.
    public let record: StepRecord
    /// The tensors of each phase that has any.
    public let tensors: [Phase: TensorList]

    /// A record with what is known of its tensors.
    public init(record: StepRecord, tensors: [Phase: TensorList] = [:]) {
        (self.record, self.tensors) = (record, tensors)
    }

    /// The digest under a name of a phase: an entry of the record, or a tensor.
    public func digest(of name: String, in phase: Phase) -> Digest? {
        if case .digest(let digest)? = record[phase]?[name]?.value { return digest }
        return tensors[phase]?[name]
    }

    /// Puts a step together: `entries` are numbers, texts and digests, `tensors` become one entry `tensors` a phase.
    /// - Throws: `DuplicateEntry`, `DuplicateTensorName`.
    public init(
        step: Int, entries: [Phase: [TraceEntry]], tensors: [Phase: [(name: String, digest: Digest)]]
    ) throws {
        let lists = try tensors.filter { !$0.value.isEmpty }.mapValues { try TensorList($0) }
        let phases = try Phase.allCases.compactMap { phase -> PhaseRecord? in
            let all = (entries[phase] ?? []) + (lists[phase].map { [TraceEntry(tensors: $0.commitment)] } ?? [])
            return entries[phase] == nil && all.isEmpty ? nil : try PhaseRecord(phase, all)
        }
        self.init(record: try StepRecord(step: step, phases: phases), tensors: lists)
    }
}
