import Checkpoints
import Compute
import Core

/// What SDXL's UNet is told besides the caption.
package struct TextTimeCondition: Sendable {
    /// The pooled text embedding of each sample, [n, pooledDim].
    package let pooled: Tensor
    /// (height, width, crop top, crop left, target height, target width) of each sample, [n, 6], on the host: sinusoids are
    /// made of them there.
    package let timeIDs: Tensor

    /// Pooled text [n, pooledDim] and size ids [n, 6].
    package init(pooled: Tensor, timeIDs: Tensor) {
        self.pooled = pooled
        self.timeIDs = timeIDs
    }
}

/// The denoising network of SD1.5 and SDXL: diffusers' `UNet2DConditionModel`, with its parameter names.
package final class UNet2DConditionModel: Network {
    package static let classNames = ["UNet2DConditionModel"]
    package static let weightsName = "diffusion_pytorch_model.safetensors"

    /// The configuration.
    package let config: UNetConfig
    /// All parameters in the byte order of their names, without the adapters'.
    package let parameters: [Parameter]
    package let requests: [ParameterRequest]
    /// The adapters of its layers, in the order of asking; empty for a network without.
    package let adapters: [LowRankUpdate]
    /// What the adapters were made by; nil for a network without.
    package let adapterRecipe: AdapterRecipe?

    private let encoder: UNetEncoder
    private let up: [UNetStage]
    private let upsamplers: [Convolution2D?]
    private let normOut: GroupNorm
    private let convOut: Convolution2D

    /// Builds the network of `config` from `loader`: a checkpoint's weights or fresh ones.
    /// Throws `CheckpointError` naming the tensor that is missing or has another shape, `ConfigError` for an adapters'
    /// target that names no layer.
    package init(config: UNetConfig, loader: ParameterLoader) throws {
        self.config = config
        let channels = config.blockOutChannels
        let levels = channels.count
        let same = ConvolutionGeometry(padding: 1)
        let depths = config.transformerDepths
        encoder = try UNetEncoder(loader, config: config)
        up = try (0..<levels).map { index in
            let level = levels - 1 - index
            let layers = config.layersPerBlock[level] + 1
            let previous = channels[min(levels - 1, level + 1)]
            let outermost = channels[max(0, level - 1)]
            let widths = (0..<layers).map { layer -> (input: Int, output: Int) in
                let hidden = layer == 0 ? previous : channels[level]
                let skip = layer == layers - 1 ? outermost : channels[level]
                return (hidden + skip, channels[level])
            }
            return try UNetStage(
                loader, "up_blocks.\(index)", channels: widths,
                attention: config.upBlockTypes[index] == .crossAttention
                    ? config.attention(level, depths.up[index]) : nil, config: config)
        }
        upsamplers = try (0..<levels).map { index in
            guard index < levels - 1 else { return nil }
            let width = channels[levels - 1 - index]
            return try Convolution2D(loader, "up_blocks.\(index).upsamplers.0.conv", width, width, kernel: 3, same)
        }
        normOut = try GroupNorm(
            loader, "conv_norm_out", channels[0], groups: config.normNumGroups, eps: config.normEps)
        convOut = try Convolution2D(loader, "conv_out", channels[0], config.outChannels, kernel: 3, same)
        parameters = loader.sorted()
        requests = loader.requests
        adapters = loader.adapters
        adapterRecipe = loader.adapterRecipe
        try loader.adapterRecipe?.requireTargets(in: loader.modules)
    }

    /// All parameters, the adapters' too.
    package var allParameters: [Parameter] { parameters + adapters.flatMap { [$0.down, $0.up] } }

    /// What a training changes, in the byte order of the names: the adapters' matrices, or all parameters of a network
    /// without adapters.
    package var trainedParameters: [Parameter] {
        guard adapterRecipe != nil else { return parameters }
        return adapters.flatMap { [$0.down, $0.up] }.sorted { utf8Less($0.name, $1.name) }
    }

    /// The weights of the network without adapters that computes the same but for rounding: names, and numbers that are
    /// made when they are asked for, one tensor at a time. A layer without an adapter keeps its bits.
    package var storedWeights: [(name: String, shape: [Int], make: () -> Tensor)] {
        let adapters = Dictionary(uniqueKeysWithValues: adapters.map { ($0.module + ".weight", $0) })
        return parameters.map { parameter in
            (
                parameter.name, parameter.value.shape,
                { adapters[parameter.name]?.merged(into: parameter.value) ?? parameter.value }
            )
        }
    }

    package func writeBesides(into writer: FolderWriter) throws {
        if let adapterRecipe { try AdapterFiles.write(adapters, adapterRecipe, into: writer) }
    }

    /// It attends to the hidden states of all text encoders, side by side; one with `text_time` takes the pooled text of a
    /// second encoder, and only such a one has two.
    package func requireFit(as name: String, in pipeline: Pipeline) throws {
        let encoders = pipeline.all(CLIPTextModel.self)
        try requirePooledText(encoders, in: pipeline)
        let found = encoders.map(\.config.hiddenSize)
        for width in config.crossAttentionDim where width != found.reduce(0, +) {
            throw ConfigError(
                file: "text_encoder", key: "hidden_size", "is not what the UNet attends to",
                expected: "its cross_attention_dim \(width)", found: found.map(String.init).joined(separator: " + "))
        }
    }

    private func requirePooledText(_ encoders: [CLIPTextModel], in pipeline: Pipeline) throws {
        let hasSecond = encoders.count == 2
        guard let added = config.additionEmbedding else {
            guard hasSecond else { return }
            throw ConfigError(
                file: "unet", key: "addition_embed_type", "has no use for a second text encoder's pooled text",
                expected: "\"text_time\", or a model with one text encoder", found: "null")
        }
        guard hasSecond else {
            throw ConfigError(
                file: "the model", key: "text_encoder_2", "is missing",
                expected:
                    "a second text encoder and its tokenizer, as the UNet's addition_embed_type \"text_time\" needs",
                found: nil)
        }
        guard let second = encoders.last?.config, second.architecture == .withProjection else {
            throw ConfigError(
                file: "text_encoder_2", key: "architectures", "has no projection for the UNet's pooled text",
                expected: "[\"\(CLIPTextConfig.Architecture.withProjection.rawValue)\"]",
                found: encoders.last.map { "[\"\($0.config.architecture.rawValue)\"]" })
        }
        guard second.projectionDim == added.pooledDim else {
            throw ConfigError(
                file: "text_encoder_2", key: "projection_dim", "is not the width of the UNet's pooled text",
                expected: "\(added.pooledDim): its projection_class_embeddings_input_dim less six sinusoids",
                found: "\(second.projectionDim)")
        }
        let tokenizers = pipeline.all(CaptionTokenizer.self)
        let lengths = zip(encoders, tokenizers).map { $1.length(positions: $0.config.maxPositionEmbeddings) }
        guard let first = lengths.first, let last = lengths.last, first != last else { return }
        let isStated = tokenizers.contains { $0.vocabulary.statedLength != nil }
        throw ConfigError(
            file: isStated ? "tokenizer_2" : "text_encoder_2",
            key: isStated ? "model_max_length" : "max_position_embeddings",
            "is not that of the first, whose states lie beside its own", expected: "\(first)", found: "\(last)")
    }

    /// The model's prediction for `sample` [n, c, h, w] at `timesteps` [n] (negative ones are allowed) and `context`
    /// [n, tokens, width]. `observe` is shown the activations between blocks.
    package func forward(
        _ tape: Tape, sample: Variable, timesteps: [Int], context: Variable, condition: TextTimeCondition? = nil,
        observe: ((String, Tensor) -> Void)? = nil
    ) -> Variable {
        forward(
            tape, sample: sample, at: timesteps.map(Float.init), context: context, condition: condition,
            observe: observe)
    }

    /// The same at timesteps that need not be whole, as Euler's sampler has them.
    /// - Parameter residuals: what a ControlNet adds.
    package func forward(
        _ tape: Tape, sample: Variable, at timesteps: [Float], context: Variable, condition: TextTimeCondition? = nil,
        residuals: ControlResiduals? = nil, observe: ((String, Tensor) -> Void)? = nil
    ) -> Variable {
        let time: Variable
        var skips: [Variable]
        var h: Variable
        (time, skips, h) = encoder(
            tape, sample: sample, timesteps: timesteps, context: context, condition: condition, observe: observe)
        if let residuals {
            precondition(residuals.down.count == skips.count, "residuals of another UNet")
            skips = zip(skips, residuals.down).map { tape.add($0, tape.constant($1)) }
            h = tape.add(h, tape.constant(residuals.middle))
        }
        for (index, stage) in up.enumerated() {
            for (layer, resnet) in stage.resnets.enumerated() {
                h = resnet(tape, tape.concatenated(h, skips.removeLast()), time: time)
                if !stage.attentions.isEmpty { h = stage.attentions[layer](tape, h, context: context) }
            }
            if let upsampler = upsamplers[index], let skip = skips.last {
                // The next skip's size: twice this one's, or one less where a level had an odd size.
                h = upsampler(tape, tape.upsampledNearest(h, height: skip.shape[2], width: skip.shape[3]))
            }
            observe?("up_blocks.\(index)", h.value)
        }
        h = normOut(tape, h)
        observe?("conv_norm_out", h.value)
        let output = convOut(tape, tape.apply(.silu, h))
        observe?("out", output.value)
        return output
    }
}
