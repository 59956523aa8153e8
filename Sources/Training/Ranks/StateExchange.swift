import Checkpoints
import Compute
import Core
import Ranks

/// Moves the state of a run between its ranks: into the checkpoint that the first writes, and out of the one it resumes from.
extension TrainingRanks {
    /// A tensor of the state that another rank has.
    struct RemoteTensor {
        let rank: Int
        let name: String
        let shape: [Int]
    }

    /// What the optimisers of the other ranks keep; it is asked for on the first rank, while the others do `giveState`.
    /// - Throws: `RankError`.
    func othersState() throws -> [RemoteTensor] {
        guard !isAlone else { return [] }
        return try (1..<group.size).flatMap { rank in
            let file = "the state of rank \(rank) (host \(group.hosts[rank]))"
            let text = String(decoding: try group.receive(from: rank), as: UTF8.self)
            return try JSONCursor(try JSONValue.parse(text, file: file), name: "state", file: file).elements().map {
                RemoteTensor(
                    rank: rank, name: try $0[0].string(), shape: try $0[1].elements().map { try $0.count() })
            }
        }
    }

    /// The values of a tensor; they are taken in the byte order of the names.
    /// - Throws: `RankError`.
    func values(_ remote: RemoteTensor) throws -> Tensor {
        let tensor = Tensor(uninitialized: remote.shape)
        try withExtendedLifetime(tensor.storage) {
            try group.exchange([], [Receiving(from: remote.rank, tensor.heldBytes.bytes)])
        }
        return tensor
    }

    /// Hands the first rank what the optimiser of this one keeps.
    /// - Throws: `RankError`.
    func giveState(_ trainer: Trainer) throws {
        enter(step: trainer.steps, "the checkpoint")
        let tensors = trainer.optimizer.stateTensors
        let told = JSONValue.array(
            tensors.map { .array([.string($0.name), .array($0.tensor.shape.map { .integer($0) })]) })
        try group.send(Array(told.canonical.utf8), to: 0)
        for (_, tensor) in tensors.sorted(by: { utf8Less($0.name, $1.name) }) {
            try tensor.withBytes { try group.exchange([Sending(to: 0, $0)], []) }
        }
    }

    /// How a recorded run begins.
    enum Beginning: String {
        /// At its first step.
        case anew
        /// With a state that the first rank has read.
        case resumed
        /// It has ended already.
        case finished
    }

    /// Tells the other ranks how the run begins, and gives them its state.
    /// - Throws: `RankError`, and `CheckpointError` where they ask for what is not there.
    func begin(_ beginning: Beginning, _ state: (any StateSource)? = nil) throws {
        guard !isAlone else { return }
        _ = try group.broadcast(Array(beginning.rawValue.utf8), from: 0)
        guard let state else { return }
        for rank in 1..<group.size {
            let file = "what rank \(rank) (host \(group.hosts[rank])) asks for"
            while true {
                let text = String(decoding: try group.receive(from: rank), as: UTF8.self)
                let asked = JSONCursor(try JSONValue.parse(text, file: file), name: "request", file: file)
                guard let name = try asked["name"].present?.string() else { break }
                guard let shape = try asked["shape"].present?.elements().map({ try $0.count() }) else {
                    let value = try state.metadata(name).map { JSONValue.string($0) } ?? .null
                    try group.send(Array(value.canonical.utf8), to: rank)
                    continue
                }
                try state.float32(named: name, shape: shape).withBytes {
                    try group.exchange([Sending(to: rank, $0)], [])
                }
            }
        }
    }

    /// Takes part in `begin` on the other ranks: puts the state, if there is one, into `trainer`.
    /// - Throws: `RankError`, and `TrainingError` for a state that does not fit.
    func awaitBeginning(_ trainer: Trainer) throws -> Beginning {
        let told = String(decoding: try group.broadcast([], from: 0), as: UTF8.self)
        guard let beginning = Beginning(rawValue: told) else {
            throw RankError.different(
                what: "how the run begins", rank: 0, host: group.hosts[0], expected: "a known word", found: told)
        }
        if beginning == .resumed {
            try TrainingCheckpoint.restore(StateOfFirstRank(group), into: trainer)
            try group.send(Array(JSONValue.object(JSONObject()).canonical.utf8), to: 0)
        }
        return beginning
    }
}

/// The checkpoint that the first rank has opened, as another asks for it.
private struct StateOfFirstRank: StateSource {
    let group: any RankGroup
    var path: String { "the checkpoint that rank 0 (host \(group.hosts[0])) reads" }

    init(_ group: any RankGroup) { self.group = group }

    func metadata(_ key: String) throws -> String? {
        try ask(["name": .string(key)])
        let text = String(decoding: try group.receive(from: 0), as: UTF8.self)
        return try JSONCursor(try JSONValue.parse(text, file: path), name: key, file: path).present?.string()
    }

    func float32(named name: String, shape: [Int]?) throws -> Tensor {
        guard let shape else { preconditionFailure("the first rank sends as many numbers as it is asked for") }
        try ask(["name": .string(name), "shape": .array(shape.map { .integer($0) })])
        let tensor = Tensor(uninitialized: shape)
        try withExtendedLifetime(tensor.storage) {
            try group.exchange([], [Receiving(from: 0, tensor.heldBytes.bytes)])
        }
        return tensor
    }

    private func ask(_ request: JSONValue) throws { try group.send(Array(request.canonical.utf8), to: 0) }
}
