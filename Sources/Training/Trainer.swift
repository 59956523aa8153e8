import Autodiff
import Diffusion
import Ledger
import Preferences
import Tensors

/// One optimiser step after another: the only code path for training, recording and auditing.
///
/// A step passes through the phases of `Phase` in order. Every number it computes depends on the model, the batch and
/// the settings alone; items are independent of each other until their gradients are added in data order, so neither
/// the micro-batch's size nor the number of workers leaves a trace.
public final class Trainer {
    /// The networks.
    public let model: TrainedModel
    /// What is minimised.
    public let objective: any Objective
    /// How pictures are inverted, for objectives that invert.
    public let inversion: InversionRecipe
    /// The optimiser.
    public let optimizer: AdamW
    /// The learning rate of each step.
    public let learningRate: LearningRate
    /// Bound on the gradients' global norm, or nil.
    public let clip: Float?
    /// Items computed at once, or nil for all. Changes memory and speed only.
    public let microItems: Int?
    /// Whether blocks are computed again in the backward pass. Changes memory and speed only.
    public let recomputes: Bool
    /// The moving average of the weights, if one is kept.
    public let average: WeightAverage?
    /// Steps done so far.
    public private(set) var steps: Int

    /// A trainer before its first step.
    public init(
        model: TrainedModel, objective: any Objective, inversion: InversionRecipe, optimizer: AdamW,
        learningRate: LearningRate, clip: Float?, microItems: Int? = nil, recomputes: Bool = false,
        average: WeightAverage? = nil
    ) {
        self.model = model
        self.objective = objective
        self.inversion = inversion
        self.optimizer = optimizer
        self.learningRate = learningRate
        self.clip = clip
        self.microItems = microItems
        self.recomputes = recomputes
        self.average = average
        steps = 0
    }

    /// Takes up a run after step `steps`, whose weights and optimiser state have been put back.
    public func resume(after steps: Int) { self.steps = steps }

    /// One optimiser step on `batch`. Throws `TrainingError.nonFinite` when a number runs away: before the update, or
    /// after it when the weights themselves overflow; the trainer is then of no further use.
    public func step(_ batch: TrainingBatch, observer: (any StepObserver)? = nil) throws -> StepLosses {
        var losses = try computeGradients(batch, observer: observer)
        (losses.gradientNorm, losses.learningRate) = try applyGradients(observer: observer)
        return losses
    }

    /// The first part of a step, up to the sum of the items' gradients. The losses still lack norm and learning rate.
    public func computeGradients(_ batch: TrainingBatch, observer: (any StepObserver)? = nil) throws -> StepLosses {
        steps += 1
        try observeBatch(batch, observer)
        let size = microItems ?? batch.items.count
        let groups = stride(from: 0, to: batch.items.count, by: size).map { $0..<min(batch.items.count, $0 + size) }
        var kl = try surveyed(batch, groups, observer)
        var losses: [ItemLoss] = []
        for items in groups {
            let pass = try pass(batch, items, observer)
            let errors = try errors(pass, batch)
            // Where it was not asked for beforehand, these are all of the batch's errors.
            if kl == nil { kl = try observed(kl: objective.kl(errors), observer) }
            let own = errors.map { objective.loss($0.against(kl: kl ?? 0)) }
            try observeLosses(own, pass, observer)
            propagate(own, pass, itemCount: batch.items.count)
            losses += own
        }
        let engine = model.engine
        engine.section = "loss"
        let values = losses.map(\.value)
        let loss = engine.sum(Tensor(values, shape: [values.count])) / Float(values.count)
        try observer?.observe(.loss, "loss", .floats([loss]))
        return StepLosses(
            loss: loss, items: values, inside: losses.compactMap(\.inside), gradientNorm: 0, learningRate: 0)
    }

    /// The second part of a step: norm, clipping, optimiser and average, from the gradients that the parameters have. An
    /// audit within a band puts the recorded ones there.
    public func applyGradients(
        observer: (any StepObserver)? = nil
    ) throws -> (gradientNorm: Float, learningRate: Double) {
        let engine = model.engine
        let parameters = model.parameters.map(\.parameter)
        engine.section = "gradient"
        let norm = GradientClipping.norm(parameters, engine: engine)
        try checkFinite(norm, .gradient, "global norm") {
            self.firstNonFinite(
                self.model.parameters.compactMap { entry in
                    entry.parameter.gradient.map { (entry.name, $0) }
                })
        }
        try observer?.observe(
            .gradient,
            tensors: model.parameters.compactMap { name, parameter in parameter.gradient.map { (name, $0) } })
        try observer?.observe(.gradient, "norm", .floats([norm]))
        let factor = clip.map { GradientClipping.clip(parameters, norm: norm, limit: $0, engine: engine) } ?? 1
        let rate = learningRate.rate(steps - 1)
        engine.section = "update"
        optimizer.update(parameters, lr: rate, engine: engine)
        // The last step's weights have no later step that would notice.
        if let place = firstNonFinite(model.parameters.map { ($0.name, $0.parameter.value) }) {
            throw TrainingError.nonFinite(
                step: steps, phase: .weights, tensor: place.name, index: place.index, value: place.value)
        }
        average?.update(model.parameters, k: steps, engine: engine)
        try observer?.observe(.update, "clip factor", .floats([factor]))
        try observer?.observe(.update, "learning rate", .doubles([rate]))
        try observer?.observe(.update, "beta powers", .doubles([optimizer.powers.0, optimizer.powers.1]))
        return (norm, rate)
    }

    /// K of a batch, as far as it has to be known before the first gradient: 0 without one, nil where the only pass over
    /// the batch gives it. Otherwise the batch is passed through the networks once more, without gradients.
    private func surveyed(
        _ batch: TrainingBatch, _ groups: [Range<Int>], _ observer: (any StepObserver)?
    ) throws -> Float? {
        func survey(_ batch: TrainingBatch) throws -> [ItemErrors] {
            try groups.flatMap { try errors(pass(batch, $0, nil, recording: false), batch) }
        }
        switch objective.klSource {
        case .none: return 0
        case .batch: return groups.count == 1 ? nil : try observed(kl: objective.kl(survey(batch)), observer)
        case .mismatched:
            let errors = try survey(
                batch.replacing(conditioning: batch.conditioning.shifted(engine: model.engine)))
            try observer?.observe(.loss, "kl.errors", .floats(errors.flatMap(\.model)))
            try observer?.observe(.loss, "kl.reference errors", .floats(errors.flatMap(\.reference)))
            return try observed(kl: objective.kl(errors), observer)
        }
    }

    private func observed(kl: Float, _ observer: (any StepObserver)?) throws -> Float {
        try observer?.observe(.loss, "kl", .floats([kl]))
        return kl
    }

    /// Inversion, target, reference and policy of some items; `recording` for the backward pass.
    private func pass(
        _ batch: TrainingBatch, _ items: Range<Int>, _ observer: (any StepObserver)?, recording: Bool = true
    ) throws -> ItemPass {
        let (engine, count) = (model.engine, batch.samplesPerItem)
        let rows = items.lowerBound * count..<items.upperBound * count
        let x0 = batch.x0.slice(rows)
        let timesteps = items.flatMap { [Int](repeating: batch.items[$0].timestep, count: count) }
        let names = SampleNames(items: items, samplesPerItem: count)
        let tape = Tape(engine: engine, isRecording: recording, recomputesBlocks: recomputes)
        engine.section = "batch"
        let (context, condition) = conditions(tape, batch, items, samples: count)

        // A survey's pictures are the step's own; their operation has a name of its own, so that a fault meets the step's.
        let (xt, target) = try noised(
            batch, rows, x0, timesteps, condition, items, observer,
            operation: recording ? "noised picture" : "surveyed picture")
        try names.observe(observer, .inversion, xt)
        try names.observe(observer, .target, target)

        // With forward noising the network's own output is compared, as in the public code of DPO, KTO and MaPO; the target
        // of an inverted picture is a noise.
        let isPlain = objective.noising == .forward && model.schedule.prediction == .velocity
        var reference: Tensor?
        if objective.usesReference, let network = model.reference {
            engine.section = "reference"
            let frozen = Denoiser(unet: network, schedule: model.schedule, engine: engine)
            reference =
                isPlain
                ? frozen.output(xt, labels: timesteps, condition) : frozen.noise(xt, labels: timesteps, condition)
            try names.observe(observer, .reference, reference!)
        }
        engine.section = "policy"
        let output = model.policy.forward(
            tape, sample: tape.constant(xt), timesteps: timesteps, context: context, condition: condition.added)
        let prediction =
            isPlain ? output.value : model.schedule.noise(fromOutput: output.value, x: xt, at: timesteps)
        try names.observe(observer, .policy, prediction)

        engine.section = "loss"
        return ItemPass(
            names: names, timesteps: timesteps, tape: tape, output: output, prediction: prediction, target: target,
            isPlain: isPlain, errors: engine.meanSquaredDistances(target, prediction),
            referenceErrors: reference.map { engine.meanSquaredDistances(target, $0) } ?? [])
    }

    /// The errors of a pass by items. Throws `TrainingError.nonFinite` for one that is no number.
    private func errors(_ pass: ItemPass, _ batch: TrainingBatch) throws -> [ItemErrors] {
        for (index, error) in pass.errors.enumerated() {
            try checkFinite(error, .loss, "error of \(pass.names.name(index))") { nil }
        }
        return pass.names.items.map { item in
            let samples = pass.samples(of: item)
            return ItemErrors(
                model: Array(pass.errors[samples]),
                reference: pass.referenceErrors.isEmpty ? [] : Array(pass.referenceErrors[samples]),
                weight: batch.items[item].weight)
        }
    }

    /// The backward pass.
    private func propagate(_ losses: [ItemLoss], _ pass: ItemPass, itemCount: Int) {
        let engine = model.engine
        let seed = engine.operation("loss gradient", [pass.prediction, pass.target]) {
            self.seed(losses, pass, itemCount: itemCount)
        }
        engine.section = "gradient"
        pass.tape.backward(from: pass.output, seed: seed)
    }

    /// The noisy pictures and what the networks are to predict for them.
    private func noised(
        _ batch: TrainingBatch, _ rows: Range<Int>, _ x0: Tensor, _ timesteps: [Int], _ condition: TextCondition,
        _ items: Range<Int>, _ observer: (any StepObserver)?, operation: String
    ) throws -> (xt: Tensor, target: Tensor) {
        switch objective.noising {
        case .forward:
            guard let noise = batch.noise?.slice(rows) else { preconditionFailure("forward noising needs noise") }
            let target =
                model.schedule.prediction == .velocity
                ? model.schedule.velocity(x0, noise: noise, at: timesteps) : noise
            let xt = model.engine.operation(operation, [x0, noise]) {
                model.schedule.noised(x0, noise: noise, at: timesteps)
            }
            return (xt, target)
        case .inversion:
            let policy = Denoiser(unet: model.policy, schedule: model.schedule, engine: model.engine)
            let empty = batch.unconditional?.picked(timesteps.map { _ in 0 }, engine: model.engine)
            let fresh = batch.inversionNoise.map { noise in
                { (move: Int, samples: [Int]) in
                    noise.draw(
                        move: move, rows: samples.map { rows.lowerBound + $0 }, shape: Array(x0.shape.dropFirst()),
                        engine: self.model.engine)
                }
            }
            let xt = try Inverter(recipe: inversion, denoiser: policy).invert(
                x0, to: timesteps, condition, unconditional: empty, freshNoise: fresh
            ) {
                try observer?.observeInversion(items: items, move: $0, $1)
            }
            let target = model.engine.operation("target", [xt, x0]) {
                model.targetSchedule.target(xt, original: x0, at: timesteps)
            }
            return (xt, target)
        }
    }

    /// The captions of `items`, once a sample: on the tape if the text encoder is trained.
    private func conditions(
        _ tape: Tape, _ batch: TrainingBatch, _ items: Range<Int>, samples: Int
    ) -> (context: Variable, condition: TextCondition) {
        let rows = items.flatMap { [Int](repeating: $0, count: samples) }
        switch batch.conditioning {
        case .encoded(let condition):
            let picked = condition.picked(rows, engine: model.engine)
            return (tape.constant(picked.context), picked)
        case .tokens(let ids):
            guard let encoder = model.textEncoder else { preconditionFailure("no text encoder to train") }
            let context = encoder.forward(tape, ids: rows.map { ids[$0] }).last
            return (context, TextCondition(context: context.value))
        }
    }

    /// ∂loss/∂output = (∂loss/∂m / items)·(2 / elements)·(prediction − target), times √ā where the output is a velocity
    /// and the error is the noise's.
    private func seed(_ losses: [ItemLoss], _ pass: ItemPass, itemCount: Int) -> Tensor {
        let (prediction, target) = (pass.prediction, pass.target)
        let seed = Tensor(uninitialized: prediction.shape)
        let (pulled, predicted, wanted) = (seed.pointer, prediction.pointer, target.pointer)
        let elements = prediction.count / prediction.shape[0]
        for (sample, pull) in losses.flatMap(\.gradient).enumerated() {
            var factor = (pull / Float(itemCount)) * (2 / Float(elements))
            if !pass.isPlain && model.schedule.prediction == .velocity {
                factor *= model.schedule.alphaBar(pass.timesteps[sample]).squareRoot()
            }
            for index in sample * elements..<(sample + 1) * elements {
                pulled[index] = factor * (predicted[index] - wanted[index])
            }
        }
        return seed
    }

    private func checkFinite(
        _ value: Float, _ phase: Phase, _ tensor: String, _ locate: () -> (name: String, index: Int, value: Float)?
    ) throws {
        guard !value.isFinite else { return }
        let place = locate()
        throw TrainingError.nonFinite(
            step: steps, phase: phase, tensor: place?.name ?? tensor, index: place?.index, value: place?.value ?? value)
    }

    private func firstNonFinite(_ tensors: [(name: String, tensor: Tensor)]) -> (
        name: String, index: Int, value: Float
    )? {
        for (name, tensor) in tensors {
            guard let index = model.engine.firstNonFinite(tensor) else { continue }
            return (name, index, tensor.pointer[index])
        }
        return nil
    }
}
