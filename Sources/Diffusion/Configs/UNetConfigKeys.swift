import Core

extension UNetConfig {
    private enum AdditionEmbedding: String, CaseIterable { case textTime = "text_time" }

    /// An integer, null, or a list of two equal integers.
    static func readSampleSize(_ reader: inout ConfigReader) throws -> Int? {
        guard let value = reader.take("sample_size"), value != .null else { return nil }
        var sides = [value]
        if case .array(let values) = value { sides = values }
        let sizes = sides.compactMap { side -> Int? in
            guard case .number(let number) = side, let size = number.int64 else { return nil }
            return (1...ConfigReader.large).contains(Int(size)) ? Int(size) : nil
        }
        guard sizes.count == sides.count, sides.count <= 2, let size = sizes.first, sizes.last == size else {
            throw reader.refusal("sample_size", value, "is not supported", expected: "null, or one size of a square")
        }
        return size
    }

    /// Heads of each block. diffusers never had a use for the width of a head, so `attention_head_dim` is their number
    /// wherever `num_attention_heads` is null.
    static func readHeads(_ reader: inout ConfigReader, blocks: Int) throws -> [Int] {
        let range = 1...ConfigReader.large
        let named = try reader.optionalIntegers("num_attention_heads", count: blocks, in: range)
        let misnamed = try reader.optionalIntegers("attention_head_dim", count: blocks, in: range)
        if let heads = named ?? misnamed { return heads }
        if reader.isNull("attention_head_dim") {
            throw reader.refusal("attention_head_dim", .null, "is not supported", expected: "integers")
        }
        return Array(repeating: 8, count: blocks)
    }

    /// Null says that there is no middle block; a missing key, the one with attention.
    static func readMidBlock(_ reader: inout ConfigReader) throws -> MidBlock? {
        if reader.isNull("mid_block_type") {
            reader.ignore(["mid_block_type"])
            return nil
        }
        return try reader.choice("mid_block_type", default: .crossAttention)
    }

    static func readAdditionEmbedding(_ reader: inout ConfigReader) throws -> TextTime? {
        let kind = try reader.optionalChoice("addition_embed_type", of: AdditionEmbedding.self)
        let range = 1...ConfigReader.large
        let timeDim = try reader.optionalInteger("addition_time_embed_dim", in: range)
        let inputDim = try reader.optionalInteger("projection_class_embeddings_input_dim", in: range)
        guard kind != nil else { return nil }
        let values = [("addition_time_embed_dim", timeDim), ("projection_class_embeddings_input_dim", inputDim)]
        for (key, value) in values where value == nil {
            throw reader.refusal(
                key, .null, "is not supported with addition_embed_type \"text_time\"",
                expected: "an integer")
        }
        guard let timeDim, let inputDim else { return nil }
        let embedding = TextTime(timeEmbedDim: timeDim, inputDim: inputDim)
        guard timeDim % 2 == 0, embedding.pooledDim > 0 else {
            throw reader.refusal(
                "projection_class_embeddings_input_dim", .integer(inputDim), "leaves no room for the pooled text",
                expected: "more than 6 × addition_time_embed_dim (\(timeDim), an even number)")
        }
        return embedding
    }

    /// Keys whose other values would change the network, and keys that have no effect on it.
    static func readNeutral(_ reader: inout ConfigReader) throws {
        try reader.neutral(neutralKeys)
        if let value = reader.take("only_cross_attention") {
            var flags = [value]
            if case .array(let values) = value { flags = values }
            guard flags.allSatisfy({ $0 == false }) else {
                throw reader.refusal("only_cross_attention", value, "is not supported", expected: "false")
            }
        }
        reader.ignore(["addition_embed_type_num_heads"])
        // How diffusers' Flax classes spread the same attention over a machine.
        reader.ignore(["split_head_dim", "use_memory_efficient_attention"])
        // What diffusers' EMAModel adds when it saves averaged weights.
        reader.ignore([
            "decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step", "use_ema_warmup",
        ])
    }

    private static let neutralKeys: [(key: String, allowed: [JSONValue])] = [
        ("act_fn", ["silu", "swish"]),
        ("attention_type", ["default"]),
        ("center_input_sample", [false]),
        ("class_embed_type", [.null]),
        ("class_embeddings_concat", [false]),
        ("conv_in_kernel", [3]),
        ("conv_out_kernel", [3]),
        ("cross_attention_norm", [.null]),
        ("dropout", [0]),
        ("dual_cross_attention", [false]),
        ("encoder_hid_dim", [.null]),
        ("encoder_hid_dim_type", [.null]),
        ("mid_block_only_cross_attention", [.null, false]),
        ("mid_block_scale_factor", [1]),
        ("num_class_embeds", [.null]),
        ("resnet_out_scale_factor", [1]),
        ("resnet_skip_time_act", [false]),
        ("resnet_time_scale_shift", ["default"]),
        ("time_cond_proj_dim", [.null]),
        ("time_embedding_act_fn", [.null]),
        ("time_embedding_dim", [.null]),
        ("time_embedding_type", ["positional"]),
        ("timestep_post_act", [.null]),
    ]

    /// The configuration as diffusers 0.42 writes it, every key named; `UNetConfig(_:file:)` reads it back equal.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = Self.neutralKeys.map { ($0.key, $0.allowed[0]) }
        members += [
            ("_class_name", "UNet2DConditionModel"),
            ("_diffusers_version", "0.42.1"),
            ("addition_embed_type", additionEmbedding == nil ? .null : "text_time"),
            ("addition_embed_type_num_heads", 64),
            ("addition_time_embed_dim", ConfigJSON.integer(additionEmbedding?.timeEmbedDim)),
            ("attention_head_dim", ConfigJSON.compact(attentionHeads)),
            ("block_out_channels", .array(blockOutChannels.map { .integer($0) })),
            ("cross_attention_dim", ConfigJSON.compact(crossAttentionDim)),
            ("down_block_types", .array(downBlockTypes.map { .string($0.rawValue) })),
            ("downsample_padding", .integer(downsamplePadding)),
            ("flip_sin_to_cos", .bool(flipSinToCos)),
            ("freq_shift", ConfigJSON.number(freqShift)),
            ("in_channels", .integer(inChannels)),
            ("layers_per_block", ConfigJSON.compact(layersPerBlock)),
            ("mid_block_type", midBlockType.map { .string($0.rawValue) } ?? .null),
            ("norm_eps", ConfigJSON.number(normEps)),
            ("norm_num_groups", .integer(normNumGroups)),
            ("num_attention_heads", .null),
            ("only_cross_attention", false),
            ("out_channels", .integer(outChannels)),
            ("projection_class_embeddings_input_dim", ConfigJSON.integer(additionEmbedding?.inputDim)),
            ("sample_size", ConfigJSON.integer(sampleSize)),
            ("up_block_types", .array(upBlockTypes.map { .string($0.rawValue) })),
            ("upcast_attention", .bool(upcastAttention)),
            ("use_linear_projection", .bool(useLinearProjection)),
        ]
        return .object(JSONObject(members + transformerDepths.members))
    }
}
