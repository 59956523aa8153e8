import Core

/// What a diffusers `ControlNetModel` is made of, as far as this project builds it: a UNet's way down and middle, and what
/// takes in the picture. Names are those of `config.json`.
package struct ControlNetConfig: Equatable, ComponentConfiguration {
    /// The order in which the network takes a picture's channels.
    package enum ChannelOrder: String, CaseIterable, Sendable {
        /// As the picture has them.
        case rgb
        /// Reversed.
        case bgr
    }

    /// The half of a UNet that it is a copy of; its up blocks and `outChannels` mean nothing.
    package let encoder: UNetConfig
    /// `conditioning_channels`: of the picture.
    package let conditioningChannels: Int
    /// `conditioning_embedding_out_channels`: of the convolutions that take the picture in; each after the first halves it.
    package let embeddingChannels: [Int]
    /// `controlnet_conditioning_channel_order`
    package let channelOrder: ChannelOrder

    /// Pixels along a side of the picture that one latent stands for.
    package var factor: Int { 1 << (embeddingChannels.count - 1) }

    private static let ownKeys = [
        "conditioning_channels", "conditioning_embedding_out_channels", "controlnet_conditioning_channel_order",
        "global_pool_conditions",
    ]

    /// Takes the members of a `config.json`; `file` is for messages. Missing keys take diffusers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        try ConfigReader(object, file: file).requireClass(ControlNetModel.classNames)
        var (own, rest) = (JSONObject(), object)
        rest["_class_name"] = nil
        for key in Self.ownKeys {
            own[key] = object[key]
            rest[key] = nil
        }
        var reader = ConfigReader(own, file: file)
        conditioningChannels = try reader.integer("conditioning_channels", default: 3, in: 1...ConfigReader.large)
        embeddingChannels = try reader.list(
            "conditioning_embedding_out_channels", default: [16, 32, 96, 256], in: 1...ConfigReader.large)
        channelOrder = try reader.choice("controlnet_conditioning_channel_order", default: .rgb)
        try reader.neutral([("global_pool_conditions", [false])])
        guard embeddingChannels.count <= 16 else {
            throw ConfigError(
                file: file, key: "conditioning_embedding_out_channels", "convolutions",
                expected: "at most 16, each of half the size", found: "\(embeddingChannels.count)")
        }
        if rest["up_block_types"] != nil || rest["out_channels"] != nil {
            throw ConfigError(
                file: file, key: rest["up_block_types"] == nil ? "out_channels" : "up_block_types",
                "is no key of a ControlNet", expected: "none", found: nil)
        }
        let blocks: Int
        if case .array(let channels)? = object["block_out_channels"] { blocks = channels.count } else { blocks = 4 }
        rest["up_block_types"] = .array(Array(repeating: .string(UNetConfig.UpBlock.plain.rawValue), count: blocks))
        encoder = try UNetConfig(rest, file: file)
        guard encoder.midBlockType != nil else {
            throw ConfigError(
                file: file, key: "mid_block_type", "is not supported in a ControlNet", expected: "a middle block",
                found: "null")
        }
    }

    /// The configuration as diffusers 0.42 writes it; `init` reads it back equal.
    package var json: JSONValue {
        guard case .object(var members) = encoder.json else { return .null }
        for key in Self.notOfControlNets { members[key] = nil }
        members["_class_name"] = "ControlNetModel"
        members["conditioning_channels"] = .integer(conditioningChannels)
        members["conditioning_embedding_out_channels"] = .array(embeddingChannels.map { .integer($0) })
        members["controlnet_conditioning_channel_order"] = .string(channelOrder.rawValue)
        members["global_pool_conditions"] = false
        return .object(members)
    }

    /// Keys of a UNet that a ControlNet has not.
    private static let notOfControlNets = [
        "attention_type", "center_input_sample", "class_embeddings_concat", "conv_in_kernel", "conv_out_kernel",
        "cross_attention_norm", "dropout", "dual_cross_attention", "mid_block_only_cross_attention", "out_channels",
        "resnet_out_scale_factor", "resnet_skip_time_act", "reverse_transformer_layers_per_block", "sample_size",
        "time_cond_proj_dim", "time_embedding_act_fn", "time_embedding_dim", "time_embedding_type", "timestep_post_act",
        "up_block_types",
    ]
}
