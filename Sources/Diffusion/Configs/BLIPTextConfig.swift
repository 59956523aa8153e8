import Checkpoints
import Core

/// What BLIP's text tower is made of: a BERT whose layers look at a picture (`med_config.json`).
package struct BLIPTextConfig: Equatable, ComponentConfiguration {
    /// `vocab_size`: rows of the word embedding.
    package let vocabSize: Int
    /// `hidden_size`
    package let hiddenSize: Int
    /// `intermediate_size`: width between the two linear layers of a layer.
    package let intermediateSize: Int
    /// `num_hidden_layers`
    package let numHiddenLayers: Int
    /// `num_attention_heads`
    package let numAttentionHeads: Int
    /// `max_position_embeddings`: the longest text, in ids.
    package let maxPositionEmbeddings: Int
    /// `encoder_width`: width of the picture's tokens.
    package let encoderWidth: Int
    /// `layer_norm_eps`
    package let layerNormEps: Double

    /// Takes the members of a `med_config.json`; missing keys take those that ImageReward comes with.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "med_config.json") throws {
        var reader = ConfigReader(object, file: file)
        let large = ConfigReader.large
        vocabSize = try reader.integer("vocab_size", default: 30524, in: 1...large)
        hiddenSize = try reader.integer("hidden_size", default: 768, in: 1...large)
        intermediateSize = try reader.integer("intermediate_size", default: 3072, in: 1...large)
        numHiddenLayers = try reader.integer("num_hidden_layers", default: 12, in: 1...1000)
        numAttentionHeads = try reader.integer("num_attention_heads", default: 12, in: 1...large)
        maxPositionEmbeddings = try reader.integer("max_position_embeddings", default: 512, in: 2...large)
        encoderWidth = try reader.integer("encoder_width", default: 1024, in: 1...large)
        layerNormEps = try reader.number("layer_norm_eps", default: 1e-12, in: 0...1)
        try reader.neutral([
            ("add_cross_attention", [true]), ("hidden_act", ["gelu"]), ("model_type", ["bert"]),
            ("position_embedding_type", ["absolute"]),
        ])
        // Dropout is of training. Token types are in no tensor, and no id is asked of the configuration.
        reader.ignore([
            "architectures", "attention_probs_dropout_prob", "hidden_dropout_prob", "initializer_range", "pad_token_id",
            "type_vocab_size", "fusion_layer", "transformers_version", "torch_dtype", "dtype", "use_cache",
            "classifier_dropout",
        ])
        try reader.finish()
        guard hiddenSize % numAttentionHeads == 0 else {
            throw ConfigError(
                file: file, key: "num_attention_heads", "heads do not divide hidden_size",
                expected: "a divisor of \(hiddenSize)", found: "\(numAttentionHeads)")
        }
    }

    package var json: JSONValue {
        [
            "encoder_width": .integer(encoderWidth), "hidden_size": .integer(hiddenSize),
            "intermediate_size": .integer(intermediateSize), "layer_norm_eps": ConfigJSON.number(layerNormEps),
            "max_position_embeddings": .integer(maxPositionEmbeddings),
            "num_attention_heads": .integer(numAttentionHeads), "num_hidden_layers": .integer(numHiddenLayers),
            "vocab_size": .integer(vocabSize),
        ]
    }
}
