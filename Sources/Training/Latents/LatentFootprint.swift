import Compute
import Datasets
import Diffusion

/// What making a latent set takes of memory beside the model's weights: one pair or one caption at a time is encoded, on a
/// device that computes nothing and counts, and the rows of a file are held until it is written.
struct LatentFootprint: Sendable {
    /// Bytes while pairs are encoded.
    let pairs: Int
    /// Bytes while captions are; 0 where no states of them are kept.
    let captions: Int

    /// Bytes at the fullest moment.
    var most: Int { max(pairs, captions) }

    /// The latents of `recipe`'s pictures, of `edge` × `edge`, by the model's autoencoder.
    init(
        _ model: DiffusionModel, _ autoencoder: AutoencoderKL, _ recipe: Recipe, edge: Int, on engine: Engine,
        _ device: ShapeDevice
    ) {
        func peak(_ body: () -> Int) -> (bytes: Int, result: Int) {
            let before = device.live
            device.beginPeak()
            let result = body()
            return (device.peak - before + device.work, result)
        }
        // A row is collected as bytes, and all of them are then a tensor.
        func held(_ rows: Int, of bytes: Int) -> Int { 2 * rows * bytes }
        let size = recipe.data.size
        let picture = peak {
            let image = engine.tensor([1, autoencoder.config.inChannels, size, size])
            let moments = autoencoder.encode(image, engine: engine)
            let noise = engine.tensor(moments.mean.shape)
            return autoencoder.scaled(moments.sample(noise, engine: engine), engine: engine).byteCount
        }
        // Both pictures of a pair are made ready before the first is encoded.
        let prepared = 2 * MemoryLayout<Float>.stride * autoencoder.config.inChannels * size * size
        pairs = prepared + picture.bytes + held(LatentSetLayout.standardPairsPerFile, of: 2 * picture.result)
        guard recipe.keepsTextStates else {
            captions = 0
            return
        }
        let caption = peak {
            let states = model.encode([""], engine: engine)
            return states.context.byteCount + (states.pooled?.byteCount ?? 0)
        }
        captions = caption.bytes + held(LatentSetLayout.standardCaptionsPerFile, of: caption.result)
    }
}

extension Recipe {
    /// Whether a training may have to make latents of its pictures, as far as the recipe says: a set that is in a folder that
    /// it names is not made.
    var mayMakeLatents: Bool { data.latents.folder.map { !LatentSet.isThere($0) } ?? true }
}
