import Checkpoints
import Compute
import Core

/// A network that steers a UNet by a picture (Zhang et al. 2023): diffusers' `ControlNetModel`, with its parameter names. A
/// copy of the UNet's way down and middle, whose skip connections pass a 1×1 convolution each.
package final class ControlNetModel: Network {
    package static let classNames = ["ControlNetModel"]
    package static let weightsName = "diffusion_pytorch_model.safetensors"

    /// The configuration.
    package let config: ControlNetConfig
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    package let requests: [ParameterRequest]

    private let encoder: UNetEncoder
    private let embedding: ControlEmbedding
    private let downBlocks: [Convolution2D]
    private let middleBlock: Convolution2D

    /// Builds the network of `config` from `loader`: a checkpoint's weights or fresh ones.
    /// Throws `CheckpointError` naming the tensor that is missing or has another shape.
    package init(config: ControlNetConfig, loader: ParameterLoader) throws {
        self.config = config
        encoder = try UNetEncoder(loader, config: config.encoder)
        embedding = try ControlEmbedding(loader, "controlnet_cond_embedding", config: config)
        func pointwise(_ name: String, _ channels: Int) throws -> Convolution2D {
            try Convolution2D(loader, name, channels, channels, kernel: 1, ConvolutionGeometry())
        }
        downBlocks = try config.encoder.skipChannels.enumerated().map {
            try pointwise("controlnet_down_blocks.\($0)", $1)
        }
        let channels = config.encoder.blockOutChannels
        middleBlock = try pointwise("controlnet_mid_block", channels[channels.count - 1])
        parameters = loader.sorted()
        requests = loader.requests
    }

    /// Throws `ConfigError` for a UNet that it cannot steer: one of other levels, widths or text.
    package func requireFit(_ unet: UNetConfig, file: String) throws {
        let own = config.encoder
        func require<Value: Equatable>(_ key: String, _ own: Value, _ other: Value) throws {
            guard own != other else { return }
            throw ConfigError(
                file: file, key: key, "is not the UNet's", expected: "\(other)", found: "\(own)",
                hint: "a ControlNet goes with the UNets of the family that it was trained for")
        }
        try require("in_channels", own.inChannels, unet.inChannels)
        try require("block_out_channels", own.blockOutChannels, unet.blockOutChannels)
        try require("layers_per_block", own.layersPerBlock, unet.layersPerBlock)
        try require("downsample_padding", own.downsamplePadding, unet.downsamplePadding)
        try require("cross_attention_dim", own.crossAttentionDim[0], unet.crossAttentionDim[0])
        try require(
            "addition_embed_type", own.additionEmbedding == nil ? "null" : "text_time",
            unet.additionEmbedding == nil ? "null" : "text_time")
        try require("projection_class_embeddings_input_dim", own.additionEmbedding, unet.additionEmbedding)
    }

    /// What the network makes of a picture [n, channels, f·h, f·w] in [0, 1], f being `config.factor`: the same for every
    /// step. Result [n, c, h, w].
    package func hint(_ picture: Tensor, engine: Engine) -> Tensor {
        engine.place(parameters)
        let tape = Tape(engine: engine, isRecording: false)
        return embedding(tape, tape.constant(ordered(engine.placed(picture), engine))).value
    }

    private func ordered(_ picture: Tensor, _ engine: Engine) -> Tensor {
        guard config.channelOrder == .bgr else { return picture }
        let channels = (0..<picture.shape[1]).reversed().map { engine.channels($0..<$0 + 1, of: picture) }
        return channels.dropFirst().reduce(channels[0]) { engine.concatenated($0, $1) }
    }

    /// How the residuals are weighted.
    package enum Scale: Sendable {
        /// All alike.
        case even(Float)
        /// From a tenth of it at the first skip connection to the whole at the middle, even in logarithms: diffusers'
        /// `guess_mode`.
        case rising(Float)

        /// The scale of each skip connection and, last, of the middle.
        func values(_ count: Int) -> [Float] {
            switch self {
            case .even(let scale): Array(repeating: scale, count: count + 1)
            case .rising(let scale):
                (0...count).map { place in
                    let exponent = Double(place) / Double(count) - 1
                    return Float(Elementary.exp(exponent * 2.302585092994046)) * scale
                }
            }
        }
    }

    /// What the network adds to a UNet that is asked about the same `sample` [n, c, h, w], `timesteps` [n] and condition.
    package func residuals(
        _ sample: Tensor, at timesteps: [Float], _ condition: TextCondition, hint: Tensor, scale: Scale, engine: Engine
    ) -> ControlResiduals {
        let tape = Tape(engine: engine, isRecording: false)
        let encoded = encoder(
            tape, sample: tape.constant(sample), timesteps: timesteps, context: tape.constant(condition.context),
            condition: condition.added, hint: tape.constant(hint), observe: nil)
        return ControlResiduals(
            down: zip(downBlocks, encoded.skips).map { $0(tape, $1).value },
            middle: middleBlock(tape, encoded.middle).value, scales: scale.values(downBlocks.count), on: engine)
    }
}
