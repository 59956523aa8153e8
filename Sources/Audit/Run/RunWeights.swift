import Checkpoints
import Compute
import Core
import Ledger
import Training

extension Run {
    /// The trained weights after a step, as they are compared with other checkpoints: those of the checkpoint, which is
    /// held against the record of the step.
    /// - Throws: `TamperError`, `CheckpointError` (`layout`) where the run kept none after that step.
    package func weights(after step: Int, on engine: Engine) throws -> Checkpoint {
        let known = try checkpoints()
        guard let stored = known.first(where: { $0.step == step }) else {
            let steps = known.map { "\($0.step)" }.joined(separator: ", ")
            throw CheckpointError(
                .layout, file: "\(name)@step-\(step)", "the run keeps no checkpoint after this step",
                expected: steps.isEmpty ? nil : "one of \(steps)",
                hint: steps.isEmpty
                    ? "its ledger is not here, or it was recorded without checkpoints"
                    : "record.checkpoint_every in the recipe says how many are kept")
        }
        let file = try open(stored, on: engine)
        let state = try Checkpoint(safetensors: OpenFile(path: file.path))
        return try Checkpoint(
            path: "\(name)@step-\(step)", container: "recorded run",
            tensors: state.tensors.filter { $0.name.hasPrefix(TrainingCheckpoint.weightsPrefix) }.map {
                $0.named(String($0.name.dropFirst(TrainingCheckpoint.weightsPrefix.count)))
            },
            // Adapters have the scale that PEFT's file beside them would state.
            metadata: recipe.lora.map { [("adapter_config.json: lora_alpha", JSONValue.decimal($0.alpha).canonical)] }
                ?? [])
    }
}
