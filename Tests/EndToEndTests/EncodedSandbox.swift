import Core
import Foundation
import Testing
import TinyRuns

extension Sandbox {
    private static let autoencoder = """
        {
          "_class_name": "AutoencoderKL", "block_out_channels": [4, 8], "layers_per_block": 1, "norm_num_groups": 4,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "sample_size": 32
        }
        """

    /// Makes a model over the latents of an autoencoder in the folder `name`.
    func encodingModel(_ name: String = "model", seed: Int = 7) throws {
        try FileContents.makeFolder(runs.path("configurations"))
        for (from, to) in [("latent-unet", "unet"), ("text_encoder", "text_encoder"), ("scheduler", "scheduler")] {
            let path = runs.path("configurations/\(to).json")
            if FileContents.exists(path) { continue }
            try FileManager.default.copyItem(atPath: runs.path("\(from).json"), toPath: path)
        }
        try runs.write(Self.autoencoder, to: "configurations/vae.json")
        let model = try program.run("init", "model", "configurations", "--seed", "\(seed)", "--out", name)
        #expect(model.status == 0 && FileContents.isFolder(runs.path("\(name)/vae")), "\(model.errors)")
    }

    /// Makes such a model in `model`, `count` pairs of pictures, and a recipe on their latents, which go to `latents`; gives the
    /// recipe's path.
    func encodedRecipe(pairs count: Int) throws -> String {
        try encodingModel()
        let pairs = try PairFolder(runs, count: count)
        return try runs.write(
            """
            name: encoded
            seed: 11
            data: {kind: folder, path: \(pairs.path), size: 32, crop: random, latent_set: latents}
            model: {path: model}
            objective: {name: smpo, beta: 2000, gamma: 10}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: 3, pairs_per_step: 2, caption_dropout: 0.3, flip: true}

            """, to: "encoded.yaml")
    }
}
