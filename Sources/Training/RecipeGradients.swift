import Compute
import Diffusion
import Preferences

/// What a recipe makes of an opened model: the gradients of a step and the shape of its batches.
extension Recipe {
    /// The gradients of a diffusion model under the recipe's objective.
    func gradients(of model: DiffusionModel, on engine: Engine) throws -> Denoising {
        let objective = makeObjective(elements: model.unet.config.inChannels * data.size * data.size)
        // The reference shares the policy's storage: an update copies before it writes. It has no adapters.
        let reference =
            objective.usesReference
            ? try UNet2DConditionModel(
                config: model.unet.config, loader: ParameterLoader(sharing: model.unet.parameters))
            : nil
        let trained = TrainedModel(
            policy: model.unet, reference: reference,
            textEncoder: training.trainTextEncoder ? model.textEncoder : nil,
            schedule: NoiseSchedule(model.scheduler), usesFloat16Levels: inversionRecipe.usesFloat16Levels,
            engine: engine)
        return Denoising(
            model: trained, objective: objective, inversion: inversionRecipe, microItems: training.microPairs,
            recomputes: training.recompute)
    }

    /// The gradients of a scorer under PickScore's loss.
    func gradients(of clip: CLIPModel, processor: CLIPImageProcessor, on engine: Engine) -> Scoring {
        Scoring(
            model: TrainedScorer(clip, processor: processor, engine: engine), microItems: training.microPairs,
            recomputes: training.recompute, contrastive: Float(objective.contrastive ?? 0))
    }

    /// The batches that a diffusion model learns from.
    func batchSettings(_ denoising: Denoising) -> BatchSource.Settings {
        let (objective, inversion) = (denoising.objective, denoising.inversion)
        return BatchSource.Settings(
            seed: seed, itemsPerStep: training.pairsPerStep, size: data.size,
            timestepCount: denoising.model.schedule.count,
            timesteps: BatchSource.Timesteps(rawValue: training.timesteps.rawValue)!,
            captionDropout: Float(training.captionDropout), flips: training.flip,
            samplesPerItem: objective.samplesPerItem,
            positiveRatio: self.objective.kto.map { Float($0.positiveRatio) },
            needsNoise: objective.noising == .forward,
            needsInversionNoise: objective.noising == .inversion && inversion.noise != 0,
            trainsTextEncoder: training.trainTextEncoder,
            needsEmptyCaption: objective.noising == .inversion && inversion.guidance != 1)
    }

    /// The batches that a scorer for pictures of edge `size` learns from.
    func batchSettings(size: Int) -> BatchSource.Settings {
        BatchSource.Settings(
            seed: seed, itemsPerStep: training.pairsPerStep, size: size, timestepCount: nil, timesteps: .uniform,
            captionDropout: Float(training.captionDropout), flips: training.flip, samplesPerItem: 2,
            positiveRatio: nil, needsNoise: false, needsInversionNoise: false, trainsTextEncoder: true,
            needsEmptyCaption: false)
    }
}
