import Compute
import Core
import Diffusion
import Preferences

/// What the sessions of a kind of model consist of: all that differs between training a diffusion model and a scorer.
struct SessionParts {
    /// The model, as the folder that it is written to.
    let model: RunModel
    /// What a step's gradients are.
    let task: TrainingTask
    /// Digests of the model's parts, the data and the labels, and of tables, by their names in the manifest.
    let digests: [String: Digest]
    /// What shapes a batch.
    let settings: BatchSource.Settings

    /// A diffusion model under the recipe's objective.
    init(denoising recipe: Recipe, _ data: RunData, _ engine: Engine) throws {
        let opened = try DiffusionModel(recipe.pipeline(on: engine))
        let model = try recipe.adapterRecipe.map { try opened.adapted(by: $0) } ?? opened
        let size = recipe.data.size
        try SessionParts.check(model, channels: data.channels, areLatents: recipe.data.isLatent)
        let objective = recipe.makeObjective(elements: model.unet.config.inChannels * size * size)
        let (schedule, inversion) = (NoiseSchedule(model.scheduler), recipe.inversionRecipe)
        self.model = .diffusion(model)
        digests = Pipeline.inputs(try model.pipeline.digests()).merging(data.digests) { first, _ in first }
            .merging(["schedule": schedule.digest]) { first, _ in first }
        // The reference shares the policy's storage: an update copies before it writes. It has no adapters.
        let reference =
            objective.usesReference
            ? try UNet2DConditionModel(
                config: model.unet.config, loader: ParameterLoader(sharing: model.unet.parameters))
            : nil
        let trained = TrainedModel(
            policy: model.unet, reference: reference,
            textEncoder: recipe.training.trainTextEncoder ? model.textEncoder : nil, schedule: schedule,
            usesFloat16Levels: inversion.usesFloat16Levels, engine: engine)
        task = .denoising(
            Denoising(
                model: trained, objective: objective, inversion: inversion, microItems: recipe.training.microPairs,
                recomputes: recipe.training.recompute))
        settings = BatchSource.Settings(
            seed: recipe.seed, itemsPerStep: recipe.training.pairsPerStep, size: size, timestepCount: schedule.count,
            timesteps: BatchSource.Timesteps(rawValue: recipe.training.timesteps.rawValue)!,
            captionDropout: Float(recipe.training.captionDropout), flips: recipe.training.flip,
            samplesPerItem: objective.samplesPerItem,
            positiveRatio: recipe.objective.kto.map { Float($0.positiveRatio) },
            needsNoise: objective.noising == .forward,
            needsInversionNoise: objective.noising == .inversion && inversion.noise != 0,
            trainsTextEncoder: recipe.training.trainTextEncoder,
            needsEmptyCaption: objective.noising == .inversion && inversion.guidance != 1)
    }

    /// A scorer under PickScore's loss.
    init(scoring recipe: Recipe, _ data: RunData, _ engine: Engine) throws {
        let scorer = try PickScore(recipe.pipeline(on: engine))
        let edge = scorer.model.config.vision.imageSize
        guard recipe.data.size == edge else {
            throw TrainingError.mismatch(
                what: "data.size", expected: "\(edge), the scorer's image_size", found: "\(recipe.data.size)", hint: nil
            )
        }
        model = .scorer(scorer)
        digests = Pipeline.inputs(scorer.digests).merging(data.digests) { first, _ in first }
        task = .scoring(
            Scoring(
                model: TrainedScorer(scorer, engine: engine), microItems: recipe.training.microPairs,
                recomputes: recipe.training.recompute, contrastive: Float(recipe.objective.contrastive ?? 0)))
        settings = BatchSource.Settings(
            seed: recipe.seed, itemsPerStep: recipe.training.pairsPerStep, size: edge, timestepCount: nil,
            timesteps: .uniform, captionDropout: Float(recipe.training.captionDropout), flips: recipe.training.flip,
            samplesPerItem: 2, positiveRatio: nil, needsNoise: false, needsInversionNoise: false,
            trainsTextEncoder: true, needsEmptyCaption: false)
    }

    private static func check(_ model: DiffusionModel, channels: Int, areLatents: Bool) throws {
        let unet = model.unet.config
        guard unet.inChannels == channels, unet.outChannels == channels else {
            throw TrainingError.mismatch(
                what: "the UNet's channels",
                expected: "\(channels) in and \(channels) out, as \(areLatents ? "the latents have" : "RGB pictures")",
                found: "\(unet.inChannels) in and \(unet.outChannels) out",
                hint: areLatents ? nil : "models over an autoencoder's latents train on data.kind: latents")
        }
        guard unet.additionEmbedding == nil else {
            throw TrainingError.mismatch(
                what: "the UNet's addition_embed_type", expected: "null", found: "text_time",
                hint: "SDXL's second text encoder is not supported by `smpo train`; `smpo step` takes explicit tensors")
        }
    }
}
