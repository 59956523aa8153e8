import Checkpoints
import Compute
import Core
import Ledger

/// The state after a step: weights, the optimiser's state, averages, a reference that
/// moves, and counters in one safetensors file.
package enum TrainingCheckpoint {
    /// What stands before a parameter's name for its weight.
    package static let weightsPrefix = "weights/"
    /// What stands before a parameter's name for a tensor of an optimiser's state.
    static let optimizerPrefixes = ["first/", "second/", "row/", "column/", "momentum/"]

    /// What of a state is in a file.
    package enum Contents: Sendable {
        /// All of it.
        case state
        /// What gradients are computed from: the weights, and a reference that moves.
        case weights
    }

    /// Hands the file's bytes to `append`, tensor by tensor: the state may be larger than what memory is left. What other
    /// ranks' optimisers keep comes from them (`TrainingRanks.giveState`).
    package static func stream(
        _ trainer: Trainer, _ contents: Contents = .state, append: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let rest =
            trainer.optimizer.stateTensors + (trainer.average?.tensors ?? []).map { ("average/" + $0.name, $0.tensor) }
        let own =
            trainer.model.parameters.map { (weightsPrefix + $0.name, $0.parameter.value) }
            + (contents == .state ? rest : [])
            + (trainer.movingReference?.tensors ?? []).map { ("reference/" + $0.name, $0.tensor) }
        var metadata = [
            "format": "smpo-state-1", "steps": "\(trainer.steps)", "updates": "\(trainer.optimizer.updates)",
        ]
        for (key, value) in trainer.optimizer.stateNumbers { metadata[key] = HexFloat.string(value) }
        let others = contents == .state ? try trainer.ranks.othersState() : []
        let items =
            own.map { Safetensors.Item($0.0, $0.1.dtype, $0.1.shape) }
            + others.map { Safetensors.Item($0.name, .f32, $0.shape) }
        try Safetensors.stream(items, metadata: metadata, append: append) { place in
            place < own.count ? own[place].1 : try trainer.ranks.values(others[place - own.count])
        }
    }

    /// Puts the state in `file` back into `trainer`; of weights alone, what else the trainer has stays as it is.
    /// Throws `CheckpointError` when something is missing.
    package static func restore(
        _ file: Checkpoint, into trainer: Trainer, _ contents: Contents = .state
    ) throws {
        try restore(file as any StateSource, into: trainer, contents)
    }

    /// The same from wherever the state is.
    static func restore(_ file: any StateSource, into trainer: Trainer, _ contents: Contents = .state) throws {
        func number<Value>(_ key: String, _ read: (String) -> Value?) throws -> Value {
            let found = try file.metadata(key)
            guard let text = found, let value = read(text) else {
                throw TrainingError.mismatch(
                    what: "\(file.path): metadata \"\(key)\"", expected: "a number",
                    found: found ?? "nothing",
                    hint: nil)
            }
            return value
        }
        let engine = trainer.model.engine
        for (name, parameter) in trainer.model.parameters {
            parameter.replace(
                with: engine.owned(try file.float32(named: weightsPrefix + name, shape: parameter.value.shape)))
        }
        if contents == .state {
            try trainer.optimizer.restore(
                updates: try number("updates", { Int($0) }), number: { try number($0, HexFloat.double) },
                tensor: { engine.owned(try file.float32(named: $0, shape: $1)) })
        }
        if contents == .state, let average = trainer.average {
            average.restore(
                try average.tensors.map {
                    ($0.name, engine.owned(try file.float32(named: "average/" + $0.name, shape: $0.tensor.shape)))
                })
        }
        try trainer.movingReference?.restore {
            engine.owned(try file.float32(named: "reference/" + $0, shape: $1))
        }
        trainer.resume(after: try number("steps", { Int($0) }))
    }
}
