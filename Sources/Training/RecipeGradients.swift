import Compute
import Core
import Diffusion
import Preferences

/// What a recipe makes of an opened model: the gradients of a step.
extension Recipe {
    /// The gradients of a diffusion model under the recipe's objective.
    /// - Parameter edge: that of the latents that pictures were made into; nil of what is trained on as it is.
    func gradients(
        of model: DiffusionModel, edge: Int? = nil, scratch: LaneScratch? = nil,
        ranks: TrainingRanks = TrainingRanks(), on engine: Engine
    ) throws -> Denoising {
        let edge = edge ?? data.size
        let objective = objective.make(elements: model.unet.config.inChannels * edge * edge)
        let inversion = inversion ?? InversionSettings()
        // The reference shares the policy's storage: an update copies before it writes. It has no adapters.
        let reference =
            objective.usesReference
            ? try UNet2DConditionModel(
                config: model.unet.config, loader: ParameterLoader(sharing: model.unet.parameters))
            : nil
        let trained = TrainedModel(
            policy: model.unet, reference: reference,
            textEncoder: training.trainTextEncoder ? model.textEncoders[0].network : nil,
            schedule: NoiseSchedule(model.scheduler), usesFloat16Levels: inversion.usesFloat16Levels,
            engine: engine)
        return Denoising(
            model: trained, objective: objective, inversion: inversion, microItems: training.microPairs,
            recomputes: training.recompute, lanes: LaneTree(lanes: training.lanes), scratch: scratch, ranks: ranks)
    }

    /// The gradients of a scorer under PickScore's loss.
    func gradients(
        of clip: CLIPModel, processor: CLIPImageProcessor, scratch: LaneScratch? = nil,
        ranks: TrainingRanks = TrainingRanks(), on engine: Engine
    ) -> Scoring {
        Scoring(
            model: TrainedScorer(clip, processor: processor, engine: engine), microItems: training.microPairs,
            recomputes: training.recompute, contrastive: Float(objective.contrastive ?? 0),
            lanes: LaneTree(lanes: training.lanes), scratch: scratch, ranks: ranks)
    }
}
