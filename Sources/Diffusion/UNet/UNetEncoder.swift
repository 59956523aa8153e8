import Checkpoints
import Compute

/// The half of a UNet that goes down, with its middle: what a ControlNet is a copy of. Parameters are asked for in the order
/// in which the whole UNet asks for them.
struct UNetEncoder: Sendable {
    /// What the way up needs of the way down: the time embedding after SiLU [n, timeEmbedDim], what the up blocks take (the
    /// last first), and the middle block's result.
    typealias Result = (time: Variable, skips: [Variable], middle: Variable)

    private let config: UNetConfig
    private let convIn: Convolution2D
    private let timeEmbedding: TimestepEmbedding
    private let addEmbedding: TimestepEmbedding?
    private let down: [UNetStage]
    private let downsamplers: [Convolution2D?]
    private let middle: UNetStage?

    /// Builds it from `loader`. Throws `CheckpointError` naming the tensor that is missing or has another shape.
    init(_ loader: ParameterLoader, config: UNetConfig) throws {
        self.config = config
        let channels = config.blockOutChannels
        let levels = channels.count
        let depths = config.transformerDepths
        convIn = try Convolution2D(
            loader, "conv_in", config.inChannels, channels[0], kernel: 3, ConvolutionGeometry(padding: 1))
        timeEmbedding = try TimestepEmbedding(loader, "time_embedding", channels[0], config.timeEmbedDim)
        addEmbedding = try config.additionEmbedding.map {
            try TimestepEmbedding(loader, "add_embedding", $0.inputDim, config.timeEmbedDim)
        }
        down = try (0..<levels).map { level in
            let layers = config.layersPerBlock[level]
            let input = channels[max(0, level - 1)]
            return try UNetStage(
                loader, "down_blocks.\(level)",
                channels: (0..<layers).map { ($0 == 0 ? input : channels[level], channels[level]) },
                attention: config.downBlockTypes[level] == .crossAttention
                    ? config.attention(level, depths.down[level]) : nil, config: config)
        }
        let step =
            config.downsamplePadding == 0
            ? ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1)
            : ConvolutionGeometry(stride: 2, padding: config.downsamplePadding)
        downsamplers = try (0..<levels).map { level in
            guard level < levels - 1 else { return nil }
            let width = channels[level]
            return try Convolution2D(loader, "down_blocks.\(level).downsamplers.0.conv", width, width, kernel: 3, step)
        }
        let deepest = channels[levels - 1]
        middle = try config.midBlockType.map { kind in
            let isPlain = kind == .plain
            return try UNetStage(
                loader, "mid_block", channels: Array(repeating: (deepest, deepest), count: isPlain ? 1 : 2),
                attention: isPlain ? nil : config.attention(levels - 1, [depths.middle]), config: config)
        }
    }

    /// Goes down with `sample` [n, c, h, w] at `timesteps` [n] and `context` [n, tokens, width].
    /// - Parameter hint: added to what the first convolution makes of the sample, in its shape.
    func callAsFunction(
        _ tape: Tape, sample: Variable, timesteps: [Float], context: Variable, condition: TextTimeCondition?,
        hint: Variable? = nil, observe: ((String, Tensor) -> Void)?
    ) -> Result {
        let time = tape.apply(.silu, timeCondition(tape, timesteps, condition, observe))
        var h = convIn(tape, sample)
        if let hint { h = tape.add(h, hint) }
        observe?("conv_in", h.value)
        var skips = [h]
        for (level, stage) in down.enumerated() {
            for (index, resnet) in stage.resnets.enumerated() {
                h = resnet(tape, h, time: time)
                if !stage.attentions.isEmpty { h = stage.attentions[index](tape, h, context: context) }
                skips.append(h)
            }
            if let downsampler = downsamplers[level] {
                h = downsampler(tape, h)
                skips.append(h)
            }
            observe?("down_blocks.\(level)", h.value)
        }
        if let middle {
            h = middle.resnets[0](tape, h, time: time)
            for (attention, resnet) in zip(middle.attentions, middle.resnets.dropFirst()) {
                h = resnet(tape, attention(tape, h, context: context), time: time)
            }
            observe?("mid_block", h.value)
        }
        return (time, skips, h)
    }

    private func timeCondition(
        _ tape: Tape, _ timesteps: [Float], _ condition: TextTimeCondition?, _ observe: ((String, Tensor) -> Void)?
    ) -> Variable {
        let sinusoid = Sinusoid.embed(
            timesteps, width: config.blockOutChannels[0], flipSinToCos: config.flipSinToCos,
            freqShift: config.freqShift)
        let time = timeEmbedding(tape, tape.constant(tape.engine.placed(sinusoid)))
        observe?("time_embedding", time.value)
        guard let addEmbedding, let added = config.additionEmbedding else { return time }
        guard let condition else { preconditionFailure("this UNet needs pooled text and time ids (text_time)") }
        let ids = Sinusoid.embed(
            condition.timeIDs.floats, width: added.timeEmbedDim, flipSinToCos: config.flipSinToCos,
            freqShift: config.freqShift)
        let size = tape.engine.concatenated(
            condition.pooled, tape.engine.placed(ids.reshaped([timesteps.count, 6 * added.timeEmbedDim])))
        return tape.add(time, addEmbedding(tape, tape.constant(size)))
    }
}

extension UNetConfig {
    /// The transformers of a level, with as many blocks as `depths` says.
    func attention(_ level: Int, _ depths: [Int]) -> UNetStage.AttentionPlan {
        UNetStage.AttentionPlan(
            heads: attentionHeads[level], depths: depths, contextWidth: crossAttentionDim[level])
    }

    /// The channels of each skip connection, in the order of the way down.
    var skipChannels: [Int] {
        blockOutChannels.indices.reduce(into: [blockOutChannels[0]]) { channels, level in
            let isLast = level == blockOutChannels.count - 1
            channels += Array(repeating: blockOutChannels[level], count: layersPerBlock[level] + (isLast ? 0 : 1))
        }
    }
}
