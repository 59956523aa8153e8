import Compute
import Core
import Datasets
import Diffusion
import Foundation
import TinyRuns

@testable import Training

/// A very small model over an autoencoder's latents in a folder, and runs on its pictures' latents.
struct EncodedRun {
    let runs: TinyRuns
    /// The folder below which sets are made.
    let sets: String

    static let autoencoder = """
        {
          "_class_name": "AutoencoderKL", "block_out_channels": [4, 8], "layers_per_block": 1, "norm_num_groups": 4,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "sample_size": 32
        }
        """

    /// Writes the model into `model`; one of SDXL's kind with two text encoders.
    init(_ runs: TinyRuns, sdxl: Bool = false) throws {
        self.runs = runs
        sets = runs.path("sets")
        try runs.write(EncodedRun.autoencoder, to: "vae.json")
        var recipe = Recipe.Model.Fresh(
            unet: runs.path(sdxl ? "sdxl-latent-unet.json" : "latent-unet.json"),
            textEncoder: runs.path("text_encoder.json"), scheduler: runs.path("scheduler.json"), tokenizer: .shapes,
            initSeed: 7)
        recipe.vae = runs.path("vae.json")
        if sdxl { (recipe.textEncoder2, recipe.tokenizer2) = (runs.path("text_encoder_2.json"), .shapes) }
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        _ = try Recipe.Model.fresh(recipe).pipeline(.diffusion, .shapes(ShapeDevice()))
            .write(drawing: 7, to: runs.path("model"), on: engine)
    }

    /// A recipe on the built-in pairs at 32 pixels, whose latents have an edge of 16.
    func recipe(_ data: String = "", training: String = "", more: String = "") throws -> String {
        try runs.write(
            """
            name: encoded
            seed: 11
            data: {kind: shapes, size: 32, pairs: 5, seed: 3\(data)}
            model: {path: \(runs.path("model"))}
            objective: {name: smpo, beta: 2000, gamma: 10}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: 2, pairs_per_step: 3, caption_dropout: 0.3\(training)}
            \(more)
            """, to: "encoded-\(UUID().uuidString).yaml")
    }

    func session<Result>(
        _ recipe: String, workers: Int = 1, _ mode: LatentSetUse.Mode = .readOrMake,
        check: (RunData, [String: Digest]) throws -> Void = { _, _ in },
        _ body: (TrainingSession) throws -> Result
    ) throws -> Result {
        let engine = Engine(workers: workers)
        defer { engine.stop() }
        return try withoutActuallyEscaping(check) { check in
            var use = LatentSetUse(mode, folder: sets)
            use.check = check
            return try body(TrainingSession(recipe: Recipe.read(path: recipe), engine: engine, latents: use))
        }
    }
}
