import Core

/// What CLIP's image tower is made of: transformers' `CLIPVisionModel`.
package struct CLIPVisionConfig: Equatable, Sendable {
    /// `hidden_size`
    package let hiddenSize: Int
    /// `intermediate_size`: width between the two linear layers of a block.
    package let intermediateSize: Int
    /// `num_hidden_layers`
    package let numHiddenLayers: Int
    /// `num_attention_heads`
    package let numAttentionHeads: Int
    /// `num_channels`
    package let numChannels: Int
    /// `image_size`: edge of the pictures in pixels.
    package let imageSize: Int
    /// `patch_size`: edge of a patch in pixels. Pixels behind the last whole patch are not looked at.
    package let patchSize: Int
    /// `hidden_act`
    package let hiddenAct: CLIPTextConfig.Activation
    /// `layer_norm_eps`
    package let layerNormEps: Double

    /// Patches along an edge.
    package var grid: Int { imageSize / patchSize }

    /// Takes the members of `vision_config` in the `config.json` of a `CLIPModel`; `file` is for messages. Missing keys
    /// take transformers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        var reader = ConfigReader(object, file: file)
        let large = ConfigReader.large
        hiddenSize = try reader.integer("hidden_size", default: 768, in: 1...large)
        intermediateSize = try reader.integer("intermediate_size", default: 3072, in: 1...large)
        numHiddenLayers = try reader.integer("num_hidden_layers", default: 12, in: 1...1000)
        numAttentionHeads = try reader.integer("num_attention_heads", default: 12, in: 1...large)
        numChannels = try reader.integer("num_channels", default: 3, in: 1...large)
        imageSize = try Self.edge(&reader, "image_size", default: 224)
        patchSize = try Self.edge(&reader, "patch_size", default: 32)
        hiddenAct = try reader.choice("hidden_act", default: .quickGELU)
        layerNormEps = try reader.number("layer_norm_eps", default: 1e-5, in: 0...1)
        // The projection's width is that of the whole model; every tower repeats some value of it.
        reader.ignore(CLIPTextConfig.ignoredKeys + ["projection_dim", "architectures"])
        try CLIPTextConfig.readNeutral(&reader, modelType: "clip_vision_model")
        try reader.finish()
        guard hiddenSize % numAttentionHeads == 0 else {
            throw ConfigError(
                file: file, key: "num_attention_heads", "heads do not divide hidden_size",
                expected: "a divisor of \(hiddenSize)", found: "\(numAttentionHeads)")
        }
        guard patchSize <= imageSize else {
            throw ConfigError(
                file: file, key: "patch_size", "is larger than the picture", expected: "at most \(imageSize)",
                found: "\(patchSize)")
        }
    }

    /// An edge of a square: one integer, or two equal ones.
    private static func edge(_ reader: inout ConfigReader, _ key: String, default fallback: Int) throws -> Int {
        let edges = try reader.integers(key, count: 2, default: fallback, in: 1...ConfigReader.large)
        guard edges[0] == edges[1] else {
            throw reader.refusal(
                key, .array(edges.map { .integer($0) }), "is not supported", expected: "equal height and width")
        }
        return edges[0]
    }

    /// The configuration as transformers reads it; `CLIPVisionConfig(_:file:)` reads it back equal.
    package var json: JSONValue {
        [
            "attention_dropout": 0,
            "hidden_act": .string(hiddenAct.rawValue),
            "hidden_size": .integer(hiddenSize),
            "image_size": .integer(imageSize),
            "intermediate_size": .integer(intermediateSize),
            "layer_norm_eps": ConfigJSON.number(layerNormEps),
            "model_type": "clip_vision_model",
            "num_attention_heads": .integer(numAttentionHeads),
            "num_channels": .integer(numChannels),
            "num_hidden_layers": .integer(numHiddenLayers),
            "patch_size": .integer(patchSize),
        ]
    }
}
