import Compute
import Datasets
import Diffusion
import Preferences
import Training

/// A policy's accuracy on pairs it has not seen, compared with its reference. Nothing is
/// trained and no weight is touched.
package struct PreferenceEvaluation {
    /// The result of one seed.
    package struct Result: Sendable {
        /// Share of pairs whose winner the policy prefers; an exact tie counts half.
        package let accuracy: Double
        /// Mean of −(β/2)·W·D over the pairs.
        package let margin: Double
        /// Pairs.
        package let pairs: Int
    }

    let policy: Denoiser
    let reference: Denoiser
    let model: DiffusionModel
    let beta: Float
    let inversion: InversionSettings
    let size: Int

    /// An evaluation of `model` against `reference` by the recipe's β, inversion and picture size.
    package init(model: DiffusionModel, reference: DiffusionModel, recipe: Recipe, engine: Engine) {
        let schedule = NoiseSchedule(model.scheduler)
        self.init(
            policy: Denoiser(unet: model.unet, schedule: schedule, engine: engine),
            reference: Denoiser(unet: reference.unet, schedule: schedule, engine: engine), model: model, recipe: recipe)
    }

    /// An evaluation of one network against another; `model` encodes the captions.
    init(policy: Denoiser, reference: Denoiser, model: DiffusionModel, recipe: Recipe) {
        (self.policy, self.reference, self.model) = (policy, reference, model)
        beta = Float(recipe.objective.beta)
        inversion = recipe.inversion ?? InversionSettings()
        size = recipe.data.size
    }

    /// Judges the labelled pairs with timesteps and noise of `seed`; the noisy pictures come about by `noising`.
    package func run(
        _ dataset: any PreferenceDataset, _ labels: PairLabels, seed: UInt64, noising: Noising
    ) throws -> Result {
        let schedule = policy.schedule
        let timesteps = RandomStream(seed: seed, .timestep, step: 0).integers(
            below: schedule.count, count: labels.labels.count)
        var (right, margin) = (0.0, 0.0)
        let batch = 25
        for start in stride(from: 0, to: labels.labels.count, by: batch) {
            let part = Array(labels.labels[start..<min(labels.labels.count, start + batch)])
            let steps = part.indices.flatMap { [timesteps[start + $0], timesteps[start + $0]] }
            let states = model.encode(
                part.flatMap { [dataset.item(at: $0.index).caption, dataset.item(at: $0.index).caption] },
                engine: policy.engine)
            let sizes = try part.flatMap { label in
                try [label.winner, label.winner.other].map {
                    SizeCondition(try dataset.frame(at: label.index, which: $0, size: size), edge: size)
                }
            }
            let condition = model.condition(states, sizes: sizes)
            let differences = try differences(dataset, part, steps, condition, seed, start, noising)
            for (label, difference) in zip(part, differences) {
                right += difference == 0 ? 0.5 : (difference < 0 ? 1 : 0)
                margin += Double(-(0.5 * beta * label.weight) * difference)
            }
        }
        let count = labels.labels.count
        return Result(accuracy: right / Double(count), margin: margin / Double(count), pairs: count)
    }

    /// D = (m_w − m_l) − (r_w − r_l) of each pair.
    private func differences(
        _ dataset: any PreferenceDataset, _ part: [PairLabels.Label], _ timesteps: [Int], _ condition: TextCondition,
        _ seed: UInt64, _ start: Int, _ noising: Noising
    ) throws -> [Float] {
        let engine = policy.engine
        let shape = [1, model.unet.config.inChannels, size, size]
        let pictures = try part.flatMap { label in
            try [label.winner, label.winner.other].map { side in
                Tensor(try dataset.pixels(at: label.index, which: side, size: size), shape: shape)
            }
        }
        let x0 = engine.stacked(pictures)
        let (xt, target): (Tensor, Tensor)
        switch noising {
        case .forward:
            // The pictures of a pair share their noise.
            let noise = engine.stacked(
                part.indices.flatMap { index in
                    let stream = RandomStream(seed: seed, .noise, step: start + index)
                    let noise = engine.normals(stream, shape: shape)
                    return [noise, noise]
                })
            (xt, target) = (policy.schedule.noised(x0, noise: noise, at: timesteps, on: engine), noise)
        case .inversion:
            let latents = Inverter(settings: inversion, denoiser: policy).invert(x0, to: timesteps, condition)
            (xt, target) = (latents, policy.schedule.target(latents, original: x0, at: timesteps, on: engine))
        }
        let errors = engine.meanSquaredDistances(target, policy.noise(xt, labels: timesteps, condition))
        let referenced = engine.meanSquaredDistances(target, reference.noise(xt, labels: timesteps, condition))
        return part.indices.map {
            (errors[2 * $0] - errors[2 * $0 + 1]) - (referenced[2 * $0] - referenced[2 * $0 + 1])
        }
    }
}
