import Checkpoints
import Compute
import Core
import Ledger
import Training

/// The weights of a recorded run after a step, as they are compared with other checkpoints.
package enum RunCheckpoint {
    /// Reads `RUN@step-N`; `nil` for anything else.
    package static func parse(_ text: String) -> (run: String, step: Int)? {
        guard let mark = text.firstRange(of: "@step-") else { return nil }
        let (run, number) = (String(text[..<mark.lowerBound]), String(text[mark.upperBound...]))
        guard RunName.isValid(run), let step = Int(number), step > 0, "\(step)" == number else { return nil }
        return (run, step)
    }

    /// The weights after a step, the checkpoint held against the record of that step.
    /// - Throws: `TamperError`, `CheckpointError` (`layout`) where the run kept none after that step, `UnknownRun`.
    package static func open(_ run: String, step: Int, workspace: Workspace, engine: Engine) throws -> Checkpoint {
        let evidence = try Evidence(run: run, workspace: workspace)
        let known = try evidence.checkpoints()
        guard let stored = known.first(where: { $0.step == step }) else {
            let steps = known.map { "\($0.step)" }.joined(separator: ", ")
            throw CheckpointError(
                .layout, file: "\(run)@step-\(step)", "the run keeps no checkpoint after this step",
                expected: steps.isEmpty ? nil : "one of \(steps)",
                hint: steps.isEmpty
                    ? "its ledger is not here, or it was recorded without checkpoints"
                    : "record.checkpoint_every in the recipe says how many are kept")
        }
        let file = try evidence.open(stored, workspace: workspace, engine: engine)
        let state = try Checkpoint(safetensors: OpenFile(path: file.path))
        let inputs = evidence.manifest.inputs
        let recipe = try Recipe(
            json: JSONCursor(inputs.recipe, name: "inputs.recipe", file: workspace.manifest(run)))
        return try Checkpoint(
            path: "\(run)@step-\(step)", container: "recorded run",
            tensors: state.tensors.filter { $0.name.hasPrefix(TrainingCheckpoint.weightsPrefix) }.map {
                $0.named(String($0.name.dropFirst(TrainingCheckpoint.weightsPrefix.count)))
            },
            // Adapters have the scale that PEFT's file beside them would state.
            metadata: recipe.lora.map { [("adapter_config.json: lora_alpha", JSONValue.decimal($0.alpha).canonical)] }
                ?? [])
    }
}
