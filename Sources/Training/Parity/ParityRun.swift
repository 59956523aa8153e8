import Checkpoints
import Compute
import Core
import Diffusion
import Foundation
import Preferences

/// Runs a case that another framework computed and writes the same quantities under the same names.
package struct ParityRun {
    /// The steps after which weights are written, as in the cases.
    package static let weightSteps = [1, 5, 20]

    private let hp: ParityCase
    private let inputs: ParityInputs
    private let trainer: Trainer
    private let policy: UNet2DConditionModel

    /// Loads the case, its inputs, and the model folder: `unet/`, `ref_unet/` (or the policy again) and
    /// `schedule.safetensors` or `scheduler/scheduler_config.json`.
    package init(model: String, hp: ParityCase, inputs path: String, engine: Engine) throws {
        self.hp = hp
        let reference = FileContents.isFolder("\(model)/ref_unet") ? "\(model)/ref_unet" : "\(model)/unet"
        let frozen = try UNet2DConditionModel(path: reference)
        policy = try UNet2DConditionModel(path: hp.startsAtReference ? reference : "\(model)/unet")
        inputs = try ParityInputs(path: path, unet: policy.config)
        guard hp.steps <= inputs.steps else {
            throw TrainingError.mismatch(
                what: path, expected: "a row for each of \(hp.steps) steps", found: "\(inputs.steps) rows",
                hint: "lower `steps` in the case")
        }
        let elements = inputs.x0.shape.dropFirst(2).reduce(1, *)
        let trained = TrainedModel(
            policy: policy, reference: frozen, textEncoder: nil, schedule: try ParityRun.schedule(model),
            usesFloat16Levels: hp.inversion.usesFloat16Levels, engine: engine)
        trainer = Trainer(
            task: .denoising(
                Denoising(
                    model: trained, objective: hp.makeObjective(elements: elements), inversion: hp.inversion,
                    microItems: hp.microPairs)),
            optimizer: hp.optimizer.makeOptimizer(trained.parameters), learningRate: hp.learningRate,
            clip: hp.clip)
    }

    /// Runs all steps and writes `losses.json`, `step0.safetensors`, `grads.safetensors` and the weights into `folder`.
    package func run(into folder: String, progress: (Int, StepLosses) -> Void) throws {
        try FileContents.makeFolder(folder)
        var losses: [String] = []
        for step in 0..<hp.steps {
            let batch = try inputs.batch(step, hp, engine: trainer.model.engine)
            let elements = batch.x0.shape.dropFirst().reduce(1, *)
            let collector = ParityCollector(
                hp, items: batch.items.count, elements: elements, engine: trainer.model.engine)
            let result = try trainer.step(batch, observer: step == 0 ? collector : nil)
            losses.append("\(result.loss)")
            progress(step + 1, result)
            if step == 0 {
                try collector.finish()
                try Safetensors.write(tensors: collector.tensors, to: "\(folder)/step0.safetensors")
                try Safetensors.write(tensors: collector.gradients, to: "\(folder)/grads.safetensors")
            }
            if ParityRun.weightSteps.contains(step + 1) {
                let weights = policy.parameters.map { ($0.name, $0.value) }
                let number = step + 1 < 10 ? "0\(step + 1)" : "\(step + 1)"
                try Safetensors.write(tensors: weights, to: "\(folder)/weights_\(number).safetensors")
            }
        }
        try AtomicFile.write("[\(losses.joined(separator: ", "))]\n", to: "\(folder)/losses.json")
    }

    private static func schedule(_ model: String) throws -> NoiseSchedule {
        let path = "\(model)/schedule.safetensors"
        guard FileContents.exists(path) else {
            return NoiseSchedule(try SchedulerConfig(path: "\(model)/scheduler/scheduler_config.json"))
        }
        let file = try Checkpoint(safetensors: path)
        let alphas = try file.float32(named: "alphas_cumprod").floats
        return NoiseSchedule(
            betas: try file.float32(named: "betas").floats, alphasCumprod: alphas, prediction: .epsilon,
            alphaBeforeFirst: alphas[0])
    }
}
