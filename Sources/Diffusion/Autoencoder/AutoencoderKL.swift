import Checkpoints
import Compute
import Core

/// The autoencoder of SD1.5 and SDXL: diffusers' `AutoencoderKL`, with its parameter names. It is computed without a tape,
/// picture by picture, and lets go of every activation as soon as it has been read: nothing here is trained.
package final class AutoencoderKL: Network {
    package static let classNames = ["AutoencoderKL"]
    package static let weightsName = "diffusion_pytorch_model.safetensors"

    /// Bytes of an activation from which on the memory of a level is given back before the next.
    static let largeBytes = 256 << 20

    /// The configuration.
    package let config: AutoencoderConfig
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    package let requests: [ParameterRequest]

    private let encoder: AutoencoderEncoder
    private let decoder: AutoencoderDecoder
    private let quantConv, postQuantConv: Convolution2D?

    /// Builds the network of `config` from `loader`: a checkpoint's weights or fresh ones.
    /// Throws `CheckpointError` naming the tensor that is missing or has another shape.
    package init(config: AutoencoderConfig, loader: ParameterLoader) throws {
        self.config = config
        encoder = try AutoencoderEncoder(loader, "encoder", config: config)
        decoder = try AutoencoderDecoder(loader, "decoder", config: config)
        func pointwise(_ name: String, _ width: Int) throws -> Convolution2D {
            try Convolution2D(loader, name, width, width, kernel: 1, ConvolutionGeometry())
        }
        quantConv = config.useQuantConv ? try pointwise("quant_conv", 2 * config.latentChannels) : nil
        postQuantConv = config.usePostQuantConv ? try pointwise("post_quant_conv", config.latentChannels) : nil
        parameters = loader.sorted()
        requests = loader.requests
    }

    /// It makes what the UNet denoises, from pictures of three channels.
    package func requireFit(as name: String, in pipeline: Pipeline) throws {
        for (key, channels) in [("in_channels", config.inChannels), ("out_channels", config.outChannels)]
        where channels != 3 {
            throw ConfigError(
                file: "\(name)/config.json", key: key, "is not what pictures have", expected: "3", found: "\(channels)")
        }
        for unet in pipeline.all(UNet2DConditionModel.self) where unet.config.inChannels != config.latentChannels {
            throw ConfigError(
                file: "\(name)/config.json", key: "latent_channels", "is not what the UNet denoises",
                expected: "its in_channels \(unet.config.inChannels)", found: "\(config.latentChannels)")
        }
    }

    /// Height and width of the latents of a picture: ⌊n/2⌋ in every halving.
    package func latentSize(height: Int, width: Int) -> (height: Int, width: Int) {
        (height / config.factor, width / config.factor)
    }

    /// The moments of pictures [n, c, h, w] in [−1, 1], no side shorter than `config.factor`: [n, latents, h/f, w/f].
    package func encode(_ image: Tensor, engine: Engine) -> LatentMoments {
        precondition(
            image.shape.count == 4 && image.shape[1] == config.inChannels && image.shape[2] >= config.factor
                && image.shape[3] >= config.factor, "autoencoder: pictures \(image.shape)")
        engine.place(parameters)
        let moments = eachPicture(of: engine.placed(image), engine) { picture in
            let x = encoder.apply(engine, picture)
            return quantConv?.apply(engine, x) ?? x
        }
        return LatentMoments(moments, engine: engine)
    }

    /// Pictures [n, c, f·h, f·w], about [−1, 1] and not cut to it, of scaled latents [n, latents, h, w].
    package func decode(_ latents: Tensor, engine: Engine) -> Tensor {
        precondition(
            latents.shape.count == 4 && latents.shape[1] == config.latentChannels,
            "autoencoder: latents \(latents.shape)")
        engine.place(parameters)
        let samples = unscaled(engine.placed(latents), engine: engine)
        return eachPicture(of: samples, engine) { sample in
            decoder.apply(engine, postQuantConv?.apply(engine, sample) ?? sample)
        }
    }

    /// The results of `body` for each of the pictures of `x`, one after another.
    private func eachPicture(of x: Tensor, _ engine: Engine, _ body: (Tensor) -> Tensor) -> Tensor {
        if x.shape[0] == 1 { return body(x) }
        return engine.stacked((0..<x.shape[0]).map { body(x.slice($0..<$0 + 1)) })
    }

    /// The latents of samples, as the UNet takes them.
    package func scaled(_ sample: Tensor, engine: Engine) -> Tensor { config.scaling.scaled(sample, engine: engine) }

    /// The samples of latents.
    package func unscaled(_ latents: Tensor, engine: Engine) -> Tensor {
        config.scaling.unscaled(latents, engine: engine)
    }
}
