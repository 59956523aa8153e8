import Compute
import Core
import Diffusion
import Preferences

/// What the sessions of a kind of model consist of: all that differs between training a diffusion model and a scorer.
struct SessionParts {
    /// The model.
    let model: RunModel
    /// What is trained, and by which gradients.
    let task: TrainingTask
    /// Digests of the model's parts, the data and the labels, and of tables, by their names in the manifest.
    let digests: [String: Digest]
    /// The data, as the model takes them.
    let data: RunData
    /// The latents of the data's pictures, where the model has an autoencoder.
    let latents: SessionLatents?
    /// What shapes a batch.
    let settings: BatchSource.Settings

    /// A diffusion model under the recipe's objective.
    init(
        denoising recipe: Recipe, _ opened: RunData, _ engine: Engine, _ use: LatentSetUse, _ scratch: LaneScratch?,
        _ ranks: TrainingRanks
    ) throws {
        let base = try DiffusionModel(recipe.pipeline(on: engine))
        let model = try recipe.lora.map { try base.adapted(by: $0) } ?? base
        let modelDigests = Pipeline.inputs(try model.pipeline.digests())
        let encoding = try LatentEncoding(recipe, opened, model, digests: modelDigests, on: engine)
        // Before latents are made, which may take days.
        try SessionParts.check(model, recipe, channels: encoding?.channels ?? opened.channels)
        if encoding != nil { try use.check(opened, modelDigests.merging(opened.digests) { first, _ in first }) }
        latents = try encoding.map { try SessionLatents($0, use) }
        data = try latents.map { try opened.encoded($0.set) } ?? opened
        let denoising = try recipe.gradients(
            of: model, edge: encoding?.edge, scratch: scratch, ranks: ranks, on: engine)
        task = .denoising(denoising)
        let scale = recipe.data.isLatent && model.needsSizes ? LatentScale(recipe, opened) : nil
        settings = BatchSource.Settings(
            recipe, timestepCount: denoising.model.schedule.count, edge: encoding?.edge,
            pixelsPerLatent: scale?.pixels ?? DiffusionModel.pixelsPerLatent)
        self.model = .diffusion(model)
        digests = modelDigests.merging(data.digests) { first, _ in first }
            .merging(["schedule": denoising.model.schedule.digest]) { first, _ in first }
            .merging(scale?.digests ?? [:]) { first, _ in first }
    }

    /// A scorer under PickScore's loss.
    init(
        scoring recipe: Recipe, _ data: RunData, _ engine: Engine, _ scratch: LaneScratch?, _ ranks: TrainingRanks
    ) throws {
        (self.data, latents) = (data, nil)
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
            recipe.gradients(
                of: scorer.model, processor: scorer.processor, scratch: scratch, ranks: ranks, on: engine))
        settings = BatchSource.Settings(recipe, timestepCount: nil)
    }

    /// Throws `TrainingError` for a model that is not trained on what the data have, or not at all.
    static func check(_ model: DiffusionModel, _ recipe: Recipe, channels: Int) throws {
        let areLatents = recipe.data.isLatent
        try check(recipe.training, model)
        let unet = model.unet.config
        guard unet.inChannels == channels, unet.outChannels == channels else {
            throw TrainingError.mismatch(
                what: "the UNet's channels",
                expected: "\(channels) in and \(channels) out, as \(areLatents ? "the latents have" : "RGB pictures")",
                found: "\(unet.inChannels) in and \(unet.outChannels) out",
                hint: areLatents
                    ? nil
                    : "models over latents have an autoencoder (vae), or train on data.kind: latents"
            )
        }
    }

    /// Throws `TrainingError` for what cannot be trained of the model.
    private static func check(_ training: Recipe.TrainingSettings, _ model: DiffusionModel) throws {
        guard training.trainTextEncoder, model.textEncoders.count > 1 else { return }
        throw TrainingError.mismatch(
            what: "training.train_text_encoder", expected: "false, for a model with two text encoders", found: "true",
            hint: "of SDXL the UNet is trained, as the public scripts do it")
    }
}
