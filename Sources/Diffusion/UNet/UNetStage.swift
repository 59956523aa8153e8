import Compute

/// A level of the UNet: resnets, each followed by a transformer where the level has attention.
struct UNetStage: Sendable {
    let resnets: [ResnetBlock2D]
    /// One for each resnet, or none (down, up); one between two resnets, or none (mid).
    let attentions: [Transformer2D]

    /// The width of the text context and what attends to it.
    struct AttentionPlan: Sendable {
        let heads: Int
        /// Blocks of each transformer, one number a transformer.
        let depths: [Int]
        let contextWidth: Int
    }

    init(
        _ loader: ParameterLoader, _ name: String, channels: [(input: Int, output: Int)], attention: AttentionPlan?,
        config: UNetConfig
    ) throws {
        attentions =
            try attention.map { plan in
                try plan.depths.enumerated().map { index, depth in
                    try Transformer2D(
                        loader, "\(name).attentions.\(index)", channels: channels[index].output,
                        contextWidth: plan.contextWidth, heads: plan.heads, layers: depth, groups: config.normNumGroups,
                        usesLinearProjection: config.useLinearProjection)
                }
            } ?? []
        resnets = try channels.enumerated().map { index, pair in
            try ResnetBlock2D(
                loader, "\(name).resnets.\(index)", pair.input, pair.output, timeWidth: config.timeEmbedDim,
                groups: config.normNumGroups, eps: config.normEps)
        }
    }
}
