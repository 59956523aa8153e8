import Core
import Diffusion

extension Recipe {
    /// How the pictures of a model with an autoencoder become latents.
    package struct Latents: Sendable, Equatable {
        /// The folder of the latent set; nil for one that is named after all that it is made of.
        package var folder: String?
        /// The seed of what is drawn once for each picture.
        package var seed: UInt64 = 0
        /// Whether captions are encoded once, into the set, rather than in each step.
        package var keepsTexts = true

        /// The key of `data` that says something else than the default, if one does.
        var key: String? { folder != nil ? "latent_set" : seed != 0 ? "latent_seed" : keepsTexts ? nil : "text_states" }
    }
}

extension Recipe.Data {
    /// The keys of `data` on latents.
    static let latentKeys: [SettingsKey<Recipe.Data>] = [
        Key(
            "latent_set", \.latents.folder, .optional(.text("the path of a folder")), default: .omitted(nil),
            when: hasPictures,
            "the folder of the pictures' latents, for a model with an autoencoder; made where it is not there; null for one "
                + "below .smpo/latents named after all that it is made of"),
        Key(
            "latent_seed", \.latents.seed, .seed, default: .omitted(0), when: hasPictures,
            "the seed of what is drawn once for each picture that becomes a latent: crop, mirroring, noise; not the run's, so "
                + "that runs of several seeds share their latents"),
        Key(
            "text_states", \.latents.keepsTexts, .bool, default: .omitted(true), when: hasPictures,
            "whether captions are encoded once, beside the latents, rather than in each step; changes no bit of a step"),
    ]

    private typealias Key = SettingsKey<Recipe.Data>

    private static let hasPictures = Key.Condition("pictures") { $0.isLatent ? "data.kind: latents" : nil }
}

extension Recipe {
    /// Edge of the latents that an autoencoder makes of the data's pictures.
    /// - Throws: `TrainingError` for a size that is not a whole number of them.
    func latentEdge(of autoencoder: AutoencoderKL) throws -> Int {
        let factor = autoencoder.config.factor
        guard data.size % factor == 0 else {
            throw TrainingError.mismatch(
                what: "data.size", expected: "a multiple of \(factor), the autoencoder's pixels a latent",
                found: "\(data.size)", hint: nil)
        }
        return data.size / factor
    }
}
