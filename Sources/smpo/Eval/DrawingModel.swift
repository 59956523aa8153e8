import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Studies

/// A model that an evaluation draws with, opened.
struct DrawingModel {
    /// What its pictures follow from.
    let source: PictureSource
    /// What draws them.
    let drawing: Drawing
    private let schedule: NoiseSchedule

    /// All that the models share.
    struct Options {
        let prompts: PromptSet
        let places: [Int]
        let sampler: SamplerOptions
        let drawn: PromptOptions
        let evaluation: PromptEvaluationOptions
        /// Whether cut prompts are said.
        let notes: Bool
        let engine: Engine
    }

    /// Which sampler another model is drawn by: that of this one, where their schedules are one.
    struct Sampling {
        let schedule: NoiseSchedule
        let config: SamplerConfig
    }

    /// The sampling of this model.
    var sampling: Sampling { Sampling(schedule: schedule, config: source.settings.sampler) }

    /// Opens the model. `first` is that of the model before.
    /// - Throws: `CheckpointError`, `ConfigError`, `FileError`; what does not fit it.
    init(_ folder: ModelFolder, _ options: Options, after first: Sampling?) throws {
        let model = try DiffusionModel(Pipeline(.diffusion, folder))
        schedule = NoiseSchedule(model.scheduler)
        var config = try options.sampler.config(model)
        if let first, first.schedule.betas == schedule.betas, first.schedule.prediction == schedule.prediction {
            config = first.config
        }
        let (height, width) = options.drawn.pixels(edge: Drawing.edge(of: model), picture: nil)
        let texts = options.prompts.prompts.map(\.text)
        var prompts = try options.drawn.prompts(texts, height: height, width: width, model)
        prompts.forcesZeros = try folder.forcesZerosForEmptyPrompt
        try prompts.requireFit(model)
        let settings = DrawingSettings(
            sampler: config, steps: options.sampler.steps(model), guidance: options.sampler.guidance(model),
            eta: options.sampler.eta, height: height, width: width, seed: options.evaluation.noiseSeed,
            atOnce: options.evaluation.batch ?? (model.autoencoder == nil ? 50 : 1))
        drawing = try Drawing(model: model, settings: settings, engine: options.engine)
        let told =
            options.places.map { texts[$0] }
            + [prompts.seconds, prompts.negatives, prompts.negativeSeconds].compactMap { $0?.first }
        if options.notes { Message.note(InputNotes(captions: told, isCut: model.cuts)) }
        source = PictureSource(
            model: folder.path, prompts: prompts, settings: settings, noise: options.evaluation.noise,
            digests: try model.pipeline.digests(), isSized: model.needsSizes,
            cut: options.places.count { model.cuts(texts[$0]) })
    }
}
