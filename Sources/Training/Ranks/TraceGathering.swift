import Compute
import Core
import Ledger
import Ranks

/// Brings what the ranks have seen of a step to the one that keeps the record.
extension TrainingRanks {
    /// A step's trace in parts, and the tensors whose values are kept.
    struct SeenStep {
        let part: TracePart
        let kept: [TraceBuilder.Kept]
    }

    /// What all ranks have seen, on the first rank; nil on the others, which have sent theirs.
    /// - Throws: `RankError`, on the first rank also where two ranks have seen different things.
    func gathered(_ own: SeenStep) throws -> SeenStep? {
        guard !isAlone else { return own }
        enter(step: own.part.step, "the record")
        guard isFirst else {
            try group.send(Array(Self.json(own).canonical.utf8), to: 0)
            for kept in own.kept { try kept.tensor.withBytes { try group.exchange([Sending(to: 0, $0)], []) } }
            return nil
        }
        var (parts, kept) = ([own.part], own.kept)
        for rank in 1..<group.size {
            let file = "what rank \(rank) (host \(group.hosts[rank])) has seen"
            let text = String(decoding: try group.receive(from: rank), as: UTF8.self)
            let told = JSONCursor(try JSONValue.parse(text, file: file), name: "step", file: file)
            parts.append(try TracePart(json: told["part"]))
            kept += try told["kept"].elements().map { try receive($0, from: rank) }
        }
        // One process keeps them phase by phase.
        let phases = kept.map(\.phase)
        let ordered = Phase.allCases.flatMap { phase in kept.indices.filter { phases[$0] == phase }.map { kept[$0] } }
        return SeenStep(part: try TracePart(joining: parts, hosts: group.hosts), kept: ordered)
    }

    private static func json(_ seen: SeenStep) -> JSONValue {
        [
            "part": seen.part.json,
            "kept": .array(
                seen.kept.map { kept in
                    .array([
                        .string(kept.phase.rawValue), .string(kept.name), .string(kept.tensor.dtype.rawValue),
                        .array(kept.tensor.shape.map { .integer($0) }),
                    ])
                }),
        ]
    }

    private func receive(_ told: JSONCursor, from rank: Int) throws -> TraceBuilder.Kept {
        guard let phase = Phase(rawValue: try told[0].string()), let dtype = DType(rawValue: try told[2].string())
        else {
            throw told.error(expected: "a phase and an element type")
        }
        let tensor = Tensor(uninitialized: try told[3].elements().map { try $0.count() }, dtype: dtype)
        try group.exchange([], [Receiving(from: rank, tensor.heldBytes.bytes)])
        return try withExtendedLifetime(tensor.storage) {
            TraceBuilder.Kept(phase: phase, name: try told[1].string(), tensor: tensor)
        }
    }
}
