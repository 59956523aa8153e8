import Compute
import Diffusion
import Ledger
import Training

/// One step as far as its gradients, computed by a trainer, which is left as it was but for the number of its steps: its
/// parameters hold no gradients.
struct ComputedStep {
    /// What the step's record is made from; it still lacks gradients, update and weights.
    let builder: TraceBuilder
    /// The numbers.
    let values: StepValues

    /// Computes the gradients of `batch`. Throws `TrainingError.nonFinite` when a number runs away.
    init(_ batch: TrainingBatch, by trainer: Trainer) throws {
        let watcher = Watcher(engine: trainer.model.engine)
        for (_, parameter) in trainer.model.parameters { parameter.clearGradient() }
        _ = try trainer.computeGradients(batch, observer: watcher)
        var gradients: [(name: String, tensor: Tensor)] = []
        for (name, parameter) in trainer.model.parameters {
            if let gradient = parameter.gradient { gradients.append((name, gradient)) }
            parameter.clearGradient()
        }
        builder = watcher.builder
        values = StepValues(losses: watcher.losses, latents: watcher.latents, gradients: gradients)
    }

    /// Hands everything on to a builder and keeps the numbers.
    private final class Watcher: StepObserver {
        let builder: TraceBuilder
        var losses: [(name: String, bits: [UInt32])] = []
        var latents: [(name: String, tensor: Tensor)] = []

        init(engine: Engine) { builder = TraceBuilder(keeps: [], engine: engine) }

        func observe(_ phase: Phase, _ name: String, _ value: ObservedValue) {
            switch value {
            case .floats(let numbers) where phase == .loss: losses.append((name, numbers.map(\.bitPattern)))
            case .tensor(let tensor) where phase == .inversion: latents.append((name, tensor))
            default: break
            }
            builder.observe(phase, name, value)
        }

        func observe(_ phase: Phase, tensors: [(name: String, tensor: Tensor)]) {
            builder.observe(phase, tensors: tensors)
        }

        func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) {
            builder.observeInversion(items: items, move: move, step)
        }
    }
}
