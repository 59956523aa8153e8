import Autodiff
import Datasets
import Diffusion
import Digests
import Ledger
import Preferences
import Tensors

/// A recipe brought to life: model, data, trainer. Recording and auditing run the same session.
public final class TrainingSession {
    /// What is run.
    public let recipe: Recipe
    /// The step after step machine.
    public let trainer: Trainer
    /// Where batches come from.
    public let batches: BatchSource
    /// The model that is trained, in diffusers' layout.
    public let model: ModelFolder
    /// The data.
    public let data: RunData
    /// All that determines the run's bits.
    public let inputs: ManifestInputs
    /// Within what a replay on the reference backend counts as this run; a part of the inputs. Nil for a run that is
    /// replayed bit by bit, or not at all.
    public let band: Band?

    /// Opens everything the recipe names. It computes on the recipe's backend, or on `backend` when a replay takes
    /// another, with the instruction set and the workers of `engine`. Throws with the file, key or tensor at fault, or
    /// `BandMisfit`.
    public init(recipe: Recipe, engine: Engine, band: Band? = nil, backend: Backend? = nil) throws {
        let influences = engine.on(recipe.backend).outsideInfluences
        let engine = engine.on(backend ?? recipe.backend)
        self.recipe = recipe
        self.band = band
        let opened = try recipe.model.open(on: engine, forLatents: recipe.data.isLatent)
        model = try recipe.adapterRecipe.map { try opened.adapted(by: $0) } ?? opened
        data = try RunData(recipe)
        let size = recipe.data.size
        try TrainingSession.check(model, channels: data.channels, areLatents: recipe.data.isLatent)
        let elements = model.unet.config.inChannels * size * size
        let objective = recipe.makeObjective(elements: elements)
        let schedule = NoiseSchedule(model.scheduler)
        let inversion = recipe.inversionRecipe
        var inputs = ManifestInputs(
            backend: recipe.backend.rawValue, recipe: recipe.json, seed: recipe.seed,
            streams: Dictionary(uniqueKeysWithValues: StreamName.allCases.map { ($0.name, UInt64($0.rawValue)) }),
            digests: try model.digests().merging(data.digests) { first, _ in first }
                .merging(["schedule": schedule.digest]) { first, _ in first },
            other: influences)
        // The reference shares the policy's storage: an update copies before it writes. It has no adapters.
        let reference =
            objective.usesReference
            ? try UNet2DConditionModel(
                config: model.unet.config, loader: ParameterLoader(source: ParameterSource(model.unet.parameters)))
            : nil
        let trained = TrainedModel(
            policy: model.unet, reference: reference,
            textEncoder: recipe.training.trainTextEncoder ? model.textEncoder : nil, schedule: schedule,
            usesFloat16Levels: inversion.usesFloat16Levels, engine: engine)
        try band?.requireFit(recipe, inputs: inputs, parameters: trained.parameters.map(\.name))
        inputs.other[Band.member] = band?.json
        self.inputs = inputs
        trainer = Trainer(
            gradients: Denoising(
                model: trained, objective: objective, inversion: inversion, microItems: recipe.training.microPairs,
                recomputes: recipe.training.recompute),
            optimizer: recipe.optimizerSettings.makeOptimizer(trained.parameters),
            learningRate: recipe.learningRate, clip: recipe.optimizer.clip.map { Float($0) },
            average: recipe.training.ema.map {
                WeightAverage(decay: $0, every: recipe.training.emaEvery ?? 1, parameters: trained.parameters)
            },
            movingReference: recipe.training.referenceEMA.map {
                MovingReference(
                    decay: $0.decay, every: $0.every, reference: reference?.parameters ?? [],
                    policy: trained.parameters)
            })
        batches = BatchSource(
            items: data.items,
            settings: BatchSource.Settings(
                seed: recipe.seed, itemsPerStep: recipe.training.pairsPerStep, size: size,
                timestepCount: schedule.count,
                timesteps: BatchSource.Timesteps(rawValue: recipe.training.timesteps.rawValue)!,
                captionDropout: Float(recipe.training.captionDropout), flips: recipe.training.flip,
                samplesPerItem: objective.samplesPerItem,
                positiveRatio: recipe.objective.kto.map { Float($0.positiveRatio) },
                needsNoise: objective.noising == .forward,
                needsInversionNoise: objective.noising == .inversion && inversion.noise != 0,
                trainsTextEncoder: recipe.training.trainTextEncoder,
                needsEmptyCaption: objective.noising == .inversion && inversion.guidance != 1),
            model: model, engine: engine)
    }

    /// Runs the next step.
    public func step(observer: (any StepObserver)?) throws -> StepLosses {
        try trainer.step(try batches.batch(trainer.steps + 1), observer: observer)
    }

    /// Puts the moving average, if there is one, into the model: what a finished run hands over.
    public func useAverage() {
        guard let average = trainer.average else { return }
        for (parameter, average) in zip(trainer.model.parameters, average.tensors) {
            parameter.parameter.replace(with: average.tensor)
        }
    }

    private static func check(_ model: ModelFolder, channels: Int, areLatents: Bool) throws {
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
        try ModelFit.check(unet: unet, textEncoder: model.textEncoder.config, tokenizer: model.tokenizer)
    }
}
