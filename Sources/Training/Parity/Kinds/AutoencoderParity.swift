import Compute
import Core
import Diffusion

/// `vae`: pictures to latents and back. Inputs: image [n, 3, h, w] in [−1, 1], noise of the latents' shape.
package enum AutoencoderParity: ParityKind {
    package static let kind = "vae"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let autoencoder = try AutoencoderKL(path: "\(task.model)/vae")
        let (engine, config) = (task.engine, autoencoder.config)
        if let stated = try task.parameters["scaling_factor"].present {
            let factor = try stated.double()
            guard factor == config.scaling.factor else {
                throw stated.error(
                    expected: "the model's scaling_factor \(config.scaling.factor)", found: "\(factor)")
            }
        }
        let image = try task.input("image")
        guard image.shape.count == 4, image.shape[1] == config.inChannels,
            image.shape.dropFirst(2).allSatisfy({ $0 >= config.factor })
        else {
            throw TrainingError.mismatch(
                what: "\(task.inputs?.path ?? ""): image",
                expected: "[n, \(config.inChannels), h, w], \(config.factor) pixels a side or more",
                found: "\(image.shape)", hint: nil)
        }
        let moments = autoencoder.encode(image, engine: engine)
        let noise = try task.input("noise", shape: moments.mean.shape)
        let latents = autoencoder.scaled(moments.sample(noise, engine: engine), engine: engine)
        return [
            ("mean", moments.mean), ("logvar", moments.logVariance), ("std", moments.std(engine: engine)),
            ("latents", latents), ("decoded", autoencoder.decode(latents, engine: engine)),
        ]
    }
}
