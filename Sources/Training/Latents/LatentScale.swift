import Core
import Datasets
import Diffusion

/// How many pixels of a picture a latent stands for along an edge, of data that are latents already: that of the set that they
/// are, or of the autoencoder beside the model, which is left alone but for this; else Stable Diffusion's.
struct LatentScale {
    /// Pixels a latent.
    let pixels: Int
    /// The autoencoder's configuration by its name in a manifest, where it says another number than Stable Diffusion's.
    private(set) var digests: [String: Digest] = [:]

    /// Of the latents of `recipe`, read as `data`.
    init(_ recipe: Recipe, _ data: RunData) {
        if case .pairs(let pairs, _) = data.items, let own = (pairs as? LatentPairs)?.pixelsPerLatent {
            pixels = own
            return
        }
        guard case .folder(let folder) = recipe.model, !folder.isFile,
            // One that cannot be read says nothing; it is not the model's part here.
            let config = try? AutoencoderConfig(path: "\(folder.place(of: "vae", in: "vae"))/config.json")
        else {
            pixels = DiffusionModel.pixelsPerLatent
            return
        }
        pixels = config.factor
        if pixels != DiffusionModel.pixelsPerLatent { digests = ["model/vae/config": .of(.document, config.json)] }
    }
}
