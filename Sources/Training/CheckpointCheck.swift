import Checkpoints
import Compute
import Core
import Ledger

extension TrainingCheckpoint {
    /// Opens the state that was stored after a step of a run, held against the record of that step: who replays from it,
    /// and who goes on from it, starts from what the run came to.
    /// - Throws: `TamperError` when it is another state, or of a step that is not recorded; `CheckpointError`
    ///   (`unreadable`).
    package static func open(
        _ checkpoint: StoredCheckpoint, of steps: [StoredStep], run: String, workspace: Workspace, engine: Engine
    ) throws -> Checkpoint {
        let path = workspace.objects.path(of: checkpoint.object)
        guard steps.indices.contains(checkpoint.step - 1) else {
            throw TamperError(
                file: workspace.ledger, run: run, step: checkpoint.step, field: "checkpoints.step",
                expected: "one of \(steps.count) recorded steps", found: "\(checkpoint.step)")
        }
        let record = steps[checkpoint.step - 1].record
        let file: Checkpoint
        do {
            file = try Checkpoint(safetensors: path)
            try check(file, against: record, run: run, engine: engine)
        } catch let error as CheckpointError where error.kind != .unreadable {
            throw TamperError(
                file: path, run: run, step: checkpoint.step, field: "the checkpoint", expected: "a training state",
                found: "\(error)")
        }
        guard record.weightsDigest == checkpoint.digest else {
            throw TamperError(
                file: workspace.ledger, run: run, step: checkpoint.step, field: "checkpoints.digest",
                expected: "the weights digest in the record", found: checkpoint.digest.hex)
        }
        return file
    }

    /// Holds the state in `file` against the record of the step after which it was saved: weights, optimiser,
    /// averages, reference and counters, by their digests and bits, or what `contents` says of it. Nothing but these may be in
    /// the file.
    /// - Throws: `TamperError` naming the part that differs, `CheckpointError` when the file is no checkpoint.
    package static func check(
        _ file: Checkpoint, against record: StepRecord, run: String, engine: Engine, _ contents: Contents = .state
    ) throws {
        func require(_ field: String, _ expected: String?, _ found: String?) throws {
            guard expected != found else { return }
            throw TamperError(
                file: file.path, run: run, step: record.step, field: field, expected: expected ?? "nothing",
                found: found ?? "nothing")
        }
        /// The root over the tensors of a part, under the names that the record's digest was made with.
        func root(_ prefixes: [String], keeping: Bool = false) throws -> String? {
            let names = file.names.filter { name in prefixes.contains { name.hasPrefix($0) } }
            guard !names.isEmpty else { return nil }
            let tensors = try names.map { name in
                let short = keeping ? name : String(name.drop { $0 != "/" }.dropFirst())
                return (name: short, tensor: try file.tensor(named: name))
            }
            return try weightsDigest(of: tensors, on: engine).hex
        }
        let parts = [weightsPrefix] + optimizerPrefixes + ["average/", "reference/"]
        let strange = file.names.first { name in !parts.contains { name.hasPrefix($0) } }
        try require("the names of its tensors", nil, strange)
        try require("the weights", record.weightsDigest?.hex, try root([weightsPrefix]))
        if contents == .state {
            try require(
                "the optimiser's moments", record[Entries.Update.optimizer]?.hex,
                try root(optimizerPrefixes, keeping: true))
            try require("the average of the weights", record[Entries.Weights.average]?.hex, try root(["average/"]))
        }
        try require("the moved reference", record[Entries.Update.reference]?.hex, try root(["reference/"]))
        try require("the number of steps", "\(record.step)", file.metadata("steps"))
        // One update a step.
        try require("the number of updates", "\(record.step)", file.metadata("updates"))
        // Only AdamW has these; where the record has none, the file must have none either.
        var powers: [Double] = []
        let key = Entries.Update.betaPowers
        if record[key.phase]?[key.name] != nil {
            guard let numbers = record[key], numbers.count == 2 else {
                throw TamperError(
                    file: file.path, run: run, step: record.step, field: key.name,
                    expected: "two numbers in the record", found: "others")
            }
            powers = numbers
        }
        try require("β₁'s power", powers.first.map { HexFloat.string($0) }, file.metadata("beta1_power"))
        try require("β₂'s power", powers.last.map { HexFloat.string($0) }, file.metadata("beta2_power"))
    }
}
