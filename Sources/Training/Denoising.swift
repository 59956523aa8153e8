import Compute
import Core
import Diffusion
import Ledger
import Preferences

/// The gradients of a denoising network, for all objectives over the errors of a diffusion model.
///
/// Items are independent of each other until their gradients are added in data order, so neither the micro-batch's size
/// nor the number of workers leaves a trace.
package final class Denoising {
    /// The networks.
    package let model: TrainedModel
    /// What is minimised.
    package let objective: any Objective
    /// How pictures are inverted, for objectives that invert.
    package let inversion: InversionSettings
    /// Items computed at once, or nil for all. Changes memory and speed only.
    package let microItems: Int?
    /// The lanes that a batch's items are summed in, and where sums wait.
    package var lanes: LaneTree
    private let scratch: LaneScratch?
    /// Who computes which of them.
    package let ranks: TrainingRanks
    /// Whether blocks are computed again in the backward pass. Changes memory and speed only.
    package let recomputes: Bool
    private var step = 0

    /// The gradients of `model` under `objective`.
    package init(
        model: TrainedModel, objective: any Objective, inversion: InversionSettings, microItems: Int? = nil,
        recomputes: Bool = false, lanes: LaneTree = LaneTree(lanes: 1), scratch: LaneScratch? = nil,
        ranks: TrainingRanks = TrainingRanks()
    ) {
        self.model = model
        self.objective = objective
        self.inversion = inversion
        self.microItems = microItems
        self.recomputes = recomputes
        (self.lanes, self.scratch, self.ranks) = (lanes, scratch, ranks)
    }

    /// Phases `batch` to `loss` and the backward passes of step `step`. Of several ranks each computes its lanes, and then has
    /// the gradients of the parameters that it updates.
    package func compute(_ batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws -> BatchLosses {
        let sums = LaneSums(lanes, model, scratch: scratch)
        let losses = try compute(ranks.lanes(of: lanes), sums, batch, step: step, observer)
        let engine = model.engine
        engine.section = "loss"
        let values = losses.map(\.value)
        let loss = engine.sum(of: values) / Float(values.count)
        try observer?.observe(Entries.Loss.loss, loss)
        ranks.enter(step: step, "phase gradient")
        try ranks.collect(sums, model)
        return BatchLosses(loss: loss, items: values, logits: Logits(losses.compactMap(\.logit)))
    }

    /// What an item came to.
    package struct ItemFigures: Sendable {
        /// Its loss, and its logit for objectives that have one.
        package let value: Float, logit: Float?

        fileprivate init(_ loss: ItemLoss) { (value, logit) = (loss.value, loss.logit) }

        fileprivate init(row: [Float]) { (value, logit) = (row[0], row.count > 1 ? row[1] : nil) }

        fileprivate var row: [Float] { logit.map { [value, $0] } ?? [value] }
    }

    /// Phases `batch` to `loss` but for the batch's mean, and the backward passes, of a run of lanes, whose sums are added
    /// to `sums`: the figures of their items, and of those that other ranks compute. What the observer sees of a batch as a
    /// whole it sees here too.
    package func compute(
        _ run: Range<Int>, _ sums: LaneSums, _ batch: TrainingBatch, step: Int, _ observer: (any StepObserver)?
    ) throws -> [ItemFigures] {
        self.step = step
        ranks.enter(step: step, "phase loss")
        if let observer {
            try batch.observe(observer)
            try observer.observe(Entries.Timestep.t, batch.items.map(\.timestep))
        }
        let groups = lanes.all.map { lanes.items(of: $0, among: batch.items.count).cut(into: microItems) }
        var kl = try surveyed(batch, groups, observer)
        return try ranks.gathered {
            var losses = [ItemLoss?](repeating: nil, count: batch.items.count)
            for lane in run {
                try sums.add(lane, observer) {
                    for items in groups[lane] {
                        let pass = try pass(batch, items, observer)
                        let errors = try errors(pass, batch)
                        // Where it was not asked for beforehand, these are all of the batch's errors.
                        if kl == nil { kl = try observed(kl: objective.kl(errors), observer) }
                        let own = errors.map { objective.loss($0.against(kl: kl ?? 0)) }
                        try observeLosses(own, pass, observer)
                        propagate(own, pass, itemCount: batch.items.count)
                        for (item, loss) in zip(items, own) { losses[item] = loss }
                    }
                }
            }
            return losses.compactMap { $0.map { ItemFigures($0).row } }
        }.map { ItemFigures(row: $0) }
    }

    /// K of a batch, as far as it has to be known before the first gradient: 0 without one, nil where the only pass over
    /// the batch gives it. Otherwise the batch is passed through the networks once more, without gradients.
    private func surveyed(
        _ batch: TrainingBatch, _ groups: [[Range<Int>]], _ observer: (any StepObserver)?
    ) throws -> Float? {
        func survey(_ batch: TrainingBatch) throws -> [ItemErrors] {
            let rows = try ranks.gathered {
                try groups[ranks.lanes(of: lanes)].joined().flatMap {
                    try errors(pass(batch, $0, nil, recording: false), batch)
                }.flatMap { [$0.model, $0.reference, [$0.weight]] }
            }
            return stride(from: 0, to: rows.count, by: 3).map {
                ItemErrors(model: rows[$0], reference: rows[$0 + 1], weight: rows[$0 + 2][0])
            }
        }
        switch objective.klSource {
        case .none: return 0
        case .batch:
            return groups.joined().count == 1 ? nil : try observed(kl: objective.kl(survey(batch)), observer)
        case .mismatched:
            let errors = try survey(
                batch.replacing(conditioning: batch.conditioning.shifted(engine: model.engine)))
            try observer?.observe(Entries.Loss.anchorErrors, errors.flatMap(\.model))
            try observer?.observe(Entries.Loss.anchorReferenceErrors, errors.flatMap(\.reference))
            return try observed(kl: objective.kl(errors), observer)
        }
    }

    private func observed(kl: Float, _ observer: (any StepObserver)?) throws -> Float {
        try observer?.observe(Entries.Loss.anchor, kl)
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
        try names.observe(observer, Entries.Inversion.latents, xt)
        try names.observe(observer, Entries.Target.targets, target)

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
            try names.observe(observer, Entries.Reference.predictions, reference!)
        }
        engine.section = "policy"
        let output = model.policy.forward(
            tape, sample: tape.constant(xt), timesteps: timesteps, context: context, condition: condition.added)
        let prediction =
            isPlain ? output.value : model.schedule.noise(fromOutput: output.value, x: xt, at: timesteps, on: engine)
        try names.observe(observer, Entries.Policy.predictions, prediction)

        engine.section = "loss"
        // Both are on their way before the host waits for the first.
        let errors = engine.meanSquaredDistances(of: target, prediction)
        let referenceErrors = reference.map { engine.meanSquaredDistances(of: target, $0) }
        return ItemPass(
            names: names, timesteps: timesteps, tape: tape, output: output, prediction: prediction, target: target,
            isPlain: isPlain, errors: errors.floats, referenceErrors: referenceErrors?.floats ?? [])
    }

    /// The errors of a pass by items. Throws `TrainingError.nonFinite` for one that is no number.
    private func errors(_ pass: ItemPass, _ batch: TrainingBatch) throws -> [ItemErrors] {
        for (index, error) in pass.errors.enumerated() {
            guard error.isFinite else {
                throw TrainingError.nonFinite(
                    step: step, phase: .loss, tensor: "error of \(pass.names.name(index).text)", index: nil,
                    value: error)
            }
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
                ? model.schedule.velocity(x0, noise: noise, at: timesteps, on: model.engine) : noise
            let xt = model.engine.operation(operation, [x0, noise]) {
                model.schedule.noised(x0, noise: noise, at: timesteps, on: model.engine)
            }
            return (xt, target)
        case .inversion:
            let policy = Denoiser(unet: model.policy, schedule: model.schedule, engine: model.engine)
            let empty = batch.unconditional.map {
                TextCondition($0.picked(timesteps.map { _ in 0 }, engine: model.engine), sizes: batch.sizes(rows))
            }
            let fresh = batch.inversionNoise.map { noise in
                { (move: Int, samples: [Int]) in
                    noise.draw(
                        move: move, rows: samples.map { rows.lowerBound + $0 }, shape: Array(x0.shape.dropFirst()),
                        engine: self.model.engine)
                }
            }
            let xt = try Inverter(settings: inversion, denoiser: policy).invert(
                x0, to: timesteps, condition, unconditional: empty, freshNoise: fresh
            ) {
                try observer?.observeInversion(items: items, move: $0, $1)
            }
            let target = model.engine.operation("target", [xt, x0]) {
                model.targetSchedule.target(xt, original: x0, at: timesteps, on: model.engine)
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
        case .encoded(let states):
            let sizes = batch.sizes(items.lowerBound * samples..<items.upperBound * samples)
            let condition = TextCondition(states.picked(rows, engine: model.engine), sizes: sizes)
            return (tape.constant(condition.context), condition)
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
        let elements = prediction.count / prediction.shape[0]
        let factors = losses.flatMap(\.gradient).enumerated().map { sample, pull in
            let factor = (pull / Float(itemCount)) * (2 / Float(elements))
            guard !pass.isPlain && model.schedule.prediction == .velocity else { return factor }
            return factor * model.schedule.alphaBar(pass.timesteps[sample]).squareRoot()
        }
        return model.engine.perSample(.difference(factor: factors), prediction, target)
    }
}
