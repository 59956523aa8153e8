import Compute
import Datasets
import Diffusion
import Training

/// The faults of the self-test. Each is as small as it can be and still act: one bit, one item, one entry.
extension Fault {
    /// The stream of timesteps is read at the counter of a later step.
    static func streamCounter(_ step: Int) -> Fault {
        Fault(step: step) { batch, session in
            let own = batch.items.map(\.timestep)
            let later = try laterBatch(step, session, "draws other timesteps") { $0.items.map(\.timestep) != own }
            var items = batch.items
            for (place, other) in zip(items.indices, later.items) { items[place].timestep = other.timestep }
            return batch.replacing(items: items)
        }
    }

    /// The first item is exchanged with that of a later step; timesteps stay where they are.
    static func dataOrder(_ step: Int) -> Fault {
        Fault(step: step) { batch, session in
            let later = try laterBatch(step, session, "has another item") { $0.items[0].id != batch.items[0].id }
            let engine = session.trainer.model.engine
            var item = later.items[0]
            item.timestep = batch.items[0].timestep
            let samples = batch.samplesPerItem
            let rest = samples < batch.x0.shape[0] ? [batch.x0.slice(samples..<batch.x0.shape[0])] : []
            return batch.replacing(
                items: [item] + batch.items.dropFirst(),
                x0: engine.stacked([later.x0.slice(0..<samples)] + rest),
                conditioning: batch.conditioning.with(first: later.conditioning, engine: engine),
                sizes: batch.sizes.isEmpty ? nil : Array(later.sizes[..<samples] + batch.sizes[samples...]))
        }
    }

    /// The first item is told another caption, while its id and digest stay.
    static func caption(_ step: Int) -> Fault {
        Fault(step: step) { batch, session in
            let engine = session.trainer.model.engine
            for caption in session.batches.items.captions.prefix(64) + [""] {
                let other: Conditioning
                switch batch.conditioning {
                case .encoded(let own):
                    guard let told = session.model.diffusionModel?.encode([caption], engine: engine),
                        told.context.floats.map(\.bitPattern) != own.context.slice(0..<1).floats.map(\.bitPattern)
                    else { continue }
                    other = .encoded(told)
                case .tokens(let own):
                    let told = session.model.tokenIDs(caption)
                    guard told != own[0] else { continue }
                    other = .tokens([told])
                }
                return batch.replacing(conditioning: batch.conditioning.with(first: other, engine: engine))
            }
            throw Impossible(reason: "all its captions are the same to the text encoder")
        }
    }

    /// The coefficient W of the first pair, or of the first judged picture, is the next number.
    static func label(_ step: Int) -> Fault {
        Fault(step: step) { batch, session in
            guard case .pairs = session.batches.items,
                batch.samplesPerItem == 2 || session.batches.settings.positiveRatio != nil
            else {
                throw Impossible(reason: "it trains without labels")
            }
            var items = batch.items
            items[0].weight = items[0].weight.nextUp
            return batch.replacing(items: items)
        }
    }

    /// A bit of a number of the first picture, or of its latent where the data set holds those.
    static func picture(_ step: Int) -> Fault {
        Fault(step: step) { batch, _ in
            let x0 = batch.x0.copy()
            x0.flip(bit: 0, of: 0)
            return batch.replacing(x0: x0)
        }
    }

    /// A bit of the first noisy latent: after the first move of an inversion, or where noise is added.
    static func noisyLatent(_ step: Int) -> Fault { Fault(step: step, operations: ["ddim move", "noised picture"]) }

    /// The lowest bit of a weight.
    static func weight(_ step: Int) -> Fault {
        Fault(step: step) { (session: TrainingSession) in
            for (name, parameter) in session.trainer.model.parameters where name.hasSuffix(".weight") {
                guard let place = parameter.value.largest else { continue }
                return parameter.valueForUpdate().flip(bit: 0, of: place)
            }
            throw Impossible(reason: "every weight is 0")
        }
    }

    /// A bit in the middle of a number of the optimiser's state; the lowest could be lost in the next update's rounding.
    static func moment(_ step: Int) -> Fault {
        Fault(step: step) { (session: TrainingSession) in
            for (_, tensor) in session.trainer.optimizer.stateTensors {
                guard let place = tensor.largest else { continue }
                return tensor.flip(bit: 12, of: place)
            }
            throw Impossible(reason: "the optimiser has no state, or none before its first update")
        }
    }

    /// A bit in the middle of ā at a timestep of the step; the lowest could be lost in a root's rounding.
    static func scheduleEntry(_ step: Int) -> Fault {
        Fault(step: step) { (session: TrainingSession) in
            guard let denoising = session.trainer.task.denoising else {
                throw Impossible(reason: "it has no noise schedule")
            }
            let (model, timesteps) = (denoising.model, try session.batches.batch(step).items.map(\.timestep))
            let schedule = model.schedule
            var levels = schedule.alphasCumprod
            let entry = timesteps.max { levels[$0] < levels[$1] }!
            levels[entry] = Float(bitPattern: levels[entry].bitPattern ^ 1 << 12)
            model.schedule = NoiseSchedule(
                betas: schedule.betas, alphasCumprod: levels, prediction: schedule.prediction,
                alphaBeforeFirst: schedule.alphaBeforeFirst)
            model.targetSchedule =
                denoising.inversion.usesFloat16Levels ? model.schedule.throughFloat16 : model.schedule
        }
    }

    /// The first batch after `step` of which `isOther` holds.
    private static func laterBatch(
        _ step: Int, _ session: TrainingSession, _ what: String, _ isOther: (TrainingBatch) -> Bool
    ) throws -> TrainingBatch {
        for later in step + 1...step + 16 {
            let batch = try session.batches.batch(later)
            if isOther(batch) { return batch }
        }
        throw Impossible(reason: "none of the 16 steps that follow \(what)")
    }
}

extension Conditioning {
    /// The same with the first item's caption that of `other`.
    fileprivate func with(first other: Conditioning, engine: Engine) -> Conditioning {
        switch (self, other) {
        case (.encoded(let own), .encoded(let other)):
            func with(_ own: Tensor, _ other: Tensor) -> Tensor {
                let rest = own.shape[0] > 1 ? [own.slice(1..<own.shape[0])] : []
                return engine.stacked([other.slice(0..<1)] + rest)
            }
            return .encoded(
                TextStates(
                    context: with(own.context, other.context),
                    pooled: own.pooled.flatMap { own in other.pooled.map { with(own, $0) } }))
        case (.tokens(let own), .tokens(let other)): return .tokens([other[0]] + own.dropFirst())
        default: preconditionFailure("a run's captions are either encoded or not")
        }
    }
}

extension BatchSource.Items {
    fileprivate var captions: [String] {
        switch self {
        case .pairs(let pairs, _): (0..<min(64, pairs.count)).map { pairs.item(at: $0).caption }
        case .pictures(let pictures): (0..<min(64, pictures.count)).map { pictures.caption(at: $0) }
        }
    }
}
