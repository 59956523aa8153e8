import Compute
import Diffusion
import Ledger
import Training

/// One step as far as its gradients, computed by a trainer, which is left as it was but for the number of its steps:
/// its parameters hold no gradients.
struct ComputedStep {
    /// The observer that the step's record is made from; it still lacks gradients, update and weights.
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

        func observe(_ phase: Phase, _ entry: TraceEntry) {
            if phase == .loss, case .float32(let bits) = entry.value { losses.append((entry.name, bits)) }
            builder.observe(phase, entry)
        }

        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {
            if key.entry.quantity == .latents { latents.append((key.name, tensor)) }
            builder.observe(key, tensor)
        }

        func observe(
            _ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]
        ) {
            builder.observe(keys, tensors)
        }

        func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) {
            builder.observeInversion(items: items, move: move, step)
        }
    }
}
