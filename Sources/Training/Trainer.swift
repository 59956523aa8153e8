import Compute
import Ledger

/// One optimiser step after another: the only code path for training, recording and auditing.
///
/// A step passes through the phases of `Phase` in order. Every number it computes depends on the model, the batch and
/// the settings alone.
package final class Trainer {
    /// What is trained, and by which gradients.
    package let task: TrainingTask
    /// The optimiser.
    package let optimizer: any Optimizer
    /// The learning rate of each step.
    package let learningRate: LearningRate
    /// Bound on the gradients' global norm, or nil.
    package let clip: Float?
    /// The moving average of the weights, if one is kept.
    package let average: WeightAverage?
    /// What lets the reference follow the policy, if it does.
    package let movingReference: MovingReference?
    /// Steps done so far.
    package private(set) var steps: Int

    /// What is trained.
    package var model: any TrainableModel { task.trained }
    /// Who computes which lanes, and updates which parameters.
    package var ranks: TrainingRanks { task.ranks }
    /// The parameters that are updated here: all of them, or this rank's.
    private var own: ArraySlice<(name: String, parameter: Parameter)> {
        model.parameters[ranks.owned(of: model.parameters)]
    }

    /// A trainer before its first step.
    package init(
        task: TrainingTask, optimizer: any Optimizer, learningRate: LearningRate, clip: Float?,
        average: WeightAverage? = nil, movingReference: MovingReference? = nil
    ) {
        self.task = task
        self.optimizer = optimizer
        self.learningRate = learningRate
        self.clip = clip
        self.average = average
        self.movingReference = movingReference
        steps = 0
    }

    /// A trainer with the optimiser, the rates and the averages of `recipe`.
    convenience init(_ task: TrainingTask, by recipe: Recipe) {
        let trained = task.trained.parameters
        self.init(
            task: task,
            optimizer: recipe.optimizer.settings.makeOptimizer(Array(trained[task.ranks.owned(of: trained)])),
            learningRate: recipe.learningRate, clip: recipe.optimizer.clip.map { Float($0) },
            average: recipe.training.ema.map {
                WeightAverage(decay: $0, every: recipe.training.emaEvery, parameters: trained)
            },
            movingReference: recipe.training.referenceEMA.flatMap { decay in
                task.denoising?.model.reference.map {
                    MovingReference(
                        decay: decay, every: recipe.training.referenceEMAEvery, reference: $0.parameters,
                        policy: trained)
                }
            })
    }

    /// Takes up a run after step `steps`, whose weights and optimiser state have been put back.
    package func resume(after steps: Int) { self.steps = steps }

    /// One optimiser step on `batch`. Throws `TrainingError.nonFinite` when a number runs away: before the update, or
    /// after it when the weights themselves overflow; the trainer is then of no further use.
    package func step(_ batch: TrainingBatch, observer: (any StepObserver)? = nil) throws -> StepLosses {
        StepLosses(try computeGradients(batch, observer: observer), try applyGradients(observer: observer))
    }

    /// The first part of a step, up to the sum of the items' gradients.
    package func computeGradients(_ batch: TrainingBatch, observer: (any StepObserver)? = nil) throws -> BatchLosses {
        steps += 1
        return try task.compute(batch, step: steps, observer: observer)
    }

    /// The second part of a step: norm, clipping, optimiser and average, from the gradients that the parameters have. An
    /// audit within a band puts the recorded ones there. Of several ranks each updates its parameters, and gets the others' weights.
    package func applyGradients(
        observer: (any StepObserver)? = nil
    ) throws -> (gradientNorm: Float, learningRate: Double) {
        let (engine, own) = (model.engine, own)
        let parameters = own.map(\.parameter)
        engine.section = "gradient"
        let norms = try ranks.gathered { [GradientClipping.norms(parameters, engine: engine)] }.flatMap { $0 }
        let norm = GradientClipping.norm(of: norms, engine: engine)
        let gradients = own.compactMap { name, parameter in parameter.gradient.map { (name, $0) } }
        if !norm.isFinite {
            try ranks.together { try requireFinite(gradients, .gradient) }
            throw TrainingError.nonFinite(step: steps, phase: .gradient, tensor: "global norm", index: nil, value: norm)
        }
        try observer?.observe(Entries.Gradient.gradients, gradients)
        try observer?.observe(Entries.Gradient.norm, norm)
        let factor = clip.map { GradientClipping.clip(parameters, norm: norm, limit: $0, engine: engine) } ?? 1
        let rate = learningRate.rate(steps - 1)
        engine.section = "update"
        observer?.willUpdate()
        optimizer.update(parameters, lr: rate, engine: engine)
        // Every rank has made the gradient of a scorer's scale; one has used it.
        for (_, parameter) in model.parameters { parameter.clearGradient() }
        // The last step's weights have no later step that would notice.
        ranks.enter(step: steps, "phase weights")
        try ranks.together { try requireFinite(own.map { ($0.name, $0.parameter.value) }, .weights) }
        try ranks.spreadWeights(model)
        average?.update(model.parameters, k: steps, engine: engine)
        movingReference?.update(k: steps, engine: engine)
        try observer?.observe(Entries.Update.clipFactor, factor)
        try observer?.observe(Entries.Update.learningRate, rate)
        for entry in optimizer.scalars { try observer?.observe(.update, entry) }
        return (norm, rate)
    }

    /// Throws `TrainingError.nonFinite` for the first number that is none.
    private func requireFinite(_ tensors: [(name: String, tensor: Tensor)], _ phase: Phase) throws {
        guard let place = model.engine.firstNonFinite(among: tensors.map(\.tensor)) else { return }
        throw TrainingError.nonFinite(
            step: steps, phase: phase, tensor: tensors[place.tensor].name, index: place.index, value: place.value)
    }
}
