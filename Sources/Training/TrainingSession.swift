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

    /// Opens everything the recipe names. It computes on the recipe's backend, with the instruction set and the workers
    /// of `engine`. Throws with the file, key or tensor at fault.
    public init(recipe: Recipe, engine: Engine) throws {
        let engine = engine.on(recipe.backend)
        self.recipe = recipe
        model = try TrainingSession.openModel(recipe)
        data = try RunData(recipe)
        let size = recipe.data.size
        try TrainingSession.check(model, recipe)
        let elements = model.unet.config.inChannels * size * size
        let objective = recipe.makeObjective(elements: elements)
        let schedule = NoiseSchedule(model.scheduler)
        let inversion = recipe.inversionRecipe
        inputs = ManifestInputs(
            backend: recipe.backend.rawValue, recipe: recipe.json, seed: recipe.seed,
            streams: Dictionary(uniqueKeysWithValues: StreamName.allCases.map { ($0.name, UInt64($0.rawValue)) }),
            digests: try model.digests().merging(data.digests) { first, _ in first }
                .merging(["schedule": schedule.digest]) { first, _ in first },
            other: engine.outsideInfluences)
        // The reference shares the policy's storage: an update copies before it writes.
        let reference =
            objective.usesReference
            ? try UNet2DConditionModel(
                config: model.unet.config, loader: ParameterLoader(source: ParameterSource(model.unet.parameters)))
            : nil
        let trained = TrainedModel(
            policy: model.unet, reference: reference,
            textEncoder: recipe.training.trainTextEncoder ? model.textEncoder : nil, schedule: schedule,
            usesFloat16Levels: inversion.usesFloat16Levels, engine: engine)
        trainer = Trainer(
            model: trained, objective: objective, inversion: inversion,
            optimizer: AdamW(recipe.adamW, parameters: trained.parameters),
            learningRate: recipe.learningRate, clip: recipe.optimizer.clip.map { Float($0) },
            microItems: recipe.training.microPairs, recomputes: recipe.training.recompute,
            average: recipe.training.ema.map { WeightAverage(decay: $0, parameters: trained.parameters) })
        batches = BatchSource(
            items: data.items,
            settings: BatchSource.Settings(
                seed: recipe.seed, itemsPerStep: recipe.training.pairsPerStep, size: size,
                timestepCount: schedule.count,
                timesteps: BatchSource.Timesteps(rawValue: recipe.training.timesteps.rawValue)!,
                captionDropout: Float(recipe.training.captionDropout), flips: recipe.training.flip,
                samplesPerItem: objective.samplesPerItem, needsNoise: objective.noising == .forward,
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

    private static func openModel(_ recipe: Recipe) throws -> ModelFolder {
        switch recipe.model {
        case .folder(let path): return try ModelFolder(path: path)
        case .fresh(let fresh):
            let loader = ParameterLoader(seed: fresh.initSeed)
            let unet = try UNet2DConditionModel(config: UNetConfig(path: fresh.unet), loader: loader)
            // The text encoder draws from a seed of its own, so that its weights do not depend on the UNet's size.
            let textLoader = ParameterLoader(seed: fresh.initSeed ^ 0x7465_7874)
            let encoder = try CLIPTextModel(config: CLIPTextConfig(path: fresh.textEncoder), loader: textLoader)
            let (tokenizer, files) = try openTokenizer(fresh.tokenizer)
            return ModelFolder(
                unet: unet, textEncoder: encoder, tokenizer: tokenizer, tokenizerFiles: files,
                scheduler: try SchedulerConfig(path: fresh.scheduler))
        }
    }

    private static func openTokenizer(
        _ source: Recipe.Model.Tokenizer
    ) throws -> (CLIPTokenizer, [(name: String, bytes: [UInt8])]) {
        switch source {
        case .folder(let path): return try ModelFolder.openTokenizer(path)
        case .shapes:
            let vocabulary = ShapesVocabulary()
            let files = [
                (name: "merges.txt", bytes: Array(vocabulary.mergesText.utf8)),
                (name: "vocab.json", bytes: Array(vocabulary.vocabularyJSON.utf8)),
            ]
            return (try CLIPTokenizer(vocabulary: files[1].bytes, merges: files[0].bytes), files)
        }
    }

    private static func check(_ model: ModelFolder, _ recipe: Recipe) throws {
        guard model.unet.config.inChannels == 3, model.unet.config.outChannels == 3 else {
            throw TrainingError.mismatch(
                what: "the UNet's channels", expected: "3 in and 3 out (RGB pictures)",
                found: "\(model.unet.config.inChannels) in and \(model.unet.config.outChannels) out",
                hint: "models over an autoencoder's latents are not supported by `smpo train`")
        }
        guard model.unet.config.additionEmbedding == nil else {
            throw TrainingError.mismatch(
                what: "the UNet's addition_embed_type", expected: "null", found: "text_time",
                hint: "SDXL's second text encoder is not supported by `smpo train`; `smpo step` takes explicit tensors")
        }
        let (width, hidden) = (model.unet.config.crossAttentionDim[0], model.textEncoder.config.hiddenSize)
        guard width == hidden else {
            throw TrainingError.mismatch(
                what: "the text encoder's hidden_size", expected: "the UNet's cross_attention_dim \(width)",
                found: "\(hidden)", hint: nil)
        }
        guard model.tokenizer.vocabularySize <= model.textEncoder.config.vocabSize else {
            throw TrainingError.mismatch(
                what: "the tokenizer's vocabulary",
                expected: "at most vocab_size \(model.textEncoder.config.vocabSize)",
                found: "\(model.tokenizer.vocabularySize)", hint: nil)
        }
    }
}
