import Compute
import Core
import Datasets
import Diffusion
import Training

/// Draws pictures of prompts with a model: over an autoencoder's latents, or over pictures themselves.
package struct Drawing: Sendable {
    /// The model.
    package let model: DiffusionModel
    /// How.
    package let settings: DrawingSettings
    private let loop: DenoisingLoop
    private let engine: Engine

    /// A drawing by `model`.
    /// - Throws: `ConfigError` for a schedule without as many timesteps, `TrainingError` for a size that the model cannot
    ///   draw.
    package init(
        model: DiffusionModel, settings: DrawingSettings, control: ControlGuide? = nil, engine: Engine
    ) throws {
        if model.autoencoder == nil { try model.requirePictures() }
        let factor = Drawing.factor(of: model)
        for (name, edge) in [("height", settings.height), ("width", settings.width)] where edge % factor != 0 {
            throw TrainingError.mismatch(
                what: "the pictures' \(name)", expected: "a multiple of \(factor), the pixels of a latent",
                found: "\(edge)", hint: nil)
        }
        (self.model, self.settings, self.engine) = (model, settings, engine)
        loop = DenoisingLoop(
            unet: model.unet, sampler: try Drawing.sampler(settings),
            // What is not above 1 is off, as in diffusers' pipelines.
            guidance: settings.isGuided ? settings.guidance : 1, control: control, engine: engine)
    }

    private static func sampler(_ settings: DrawingSettings) throws -> any Sampler {
        let plain = try settings.sampler.sampler(steps: settings.steps)
        guard settings.eta != 0 else { return plain }
        guard settings.sampler.kind == .ddim else {
            throw TrainingError.mismatch(
                what: "eta", expected: "0 for \(settings.sampler.kind.rawValue), which adds no noise",
                found: "\(settings.eta)", hint: "ddim takes it")
        }
        let scheduler = settings.sampler.scheduler
        return DDIMSampler(NoiseSchedule(scheduler), scheduler, steps: settings.steps, eta: settings.eta)
    }

    /// Pixels along an edge that one number of a sample stands for.
    package static func factor(of model: DiffusionModel) -> Int { model.autoencoder?.config.factor ?? 1 }

    /// The edge of the pictures that the model was made for.
    package static func edge(of model: DiffusionModel) -> Int {
        (model.unet.config.sampleSize ?? 64) * factor(of: model)
    }

    /// Calls of the network for a picture, without those for guidance.
    package var calls: Int { loop.sampler.timesteps.count }

    /// A picture for each prompt. `progress` is told of each call of the network for `atOnce` pictures; what it throws ends
    /// the drawing.
    /// - Parameter places: whose noise each picture starts from; its own place's by default.
    /// - Throws: `ConfigError` for prompts that do not fit the model, `TrainingError` for a picture with a number that is none;
    ///   what `progress` throws.
    package func images(
        _ prompts: Prompts, noise places: [Int]? = nil,
        progress: @escaping (_ pictures: Int, _ call: Int) throws -> Void
    ) throws -> [Image] {
        precondition(places == nil || places?.count == prompts.texts.count)
        try prompts.requireFit(model)
        return try stride(from: 0, to: prompts.texts.count, by: settings.atOnce).flatMap { start in
            let rows = start..<min(prompts.texts.count, start + settings.atOnce)
            let places = rows.map { places?[$0] ?? $0 }
            let (positive, negative) = prompts[rows].conditions(
                of: model, isGuided: settings.isGuided, engine: engine)
            let samples = try loop.run(
                normals(.noise, places), positive, unconditional: negative,
                freshNoise: { normals(.sampler, places, start: $0 << 24) },
                observe: { call, _, _ in try progress(start, call + 1) })
            return try pictures(samples, places)
        }
    }

    /// Normals of the samples at `places`, each from its own place's numbers.
    private func normals(_ name: StreamName, _ places: [Int], start: Int = 0) -> Tensor {
        let factor = Drawing.factor(of: model)
        let shape = [1, model.unet.config.inChannels, settings.height / factor, settings.width / factor]
        return engine.stacked(
            places.map {
                engine.normals(RandomStream(seed: settings.seed, name, step: $0), start: start, shape: shape)
            })
    }

    private func pictures(_ samples: Tensor, _ places: [Int]) throws -> [Image] {
        try places.enumerated().map { row, place in
            let sample = samples.slice(row..<row + 1)
            let planes = (model.autoencoder?.decode(sample, engine: engine) ?? sample).floats
            guard planes.allSatisfy(\.isFinite) else {
                throw TrainingError.mismatch(
                    what: "the picture drawn at place \(place)", expected: "finite numbers",
                    found: "some that are none", hint: "the weights, or the size, are beyond what the model bears")
            }
            return PixelPlanes.image(planes, width: settings.width, height: settings.height)
        }
    }
}
