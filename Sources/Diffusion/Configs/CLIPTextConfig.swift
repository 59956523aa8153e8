import Checkpoints
import Core

/// What a CLIP text encoder is made of: transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`.
package struct CLIPTextConfig: Equatable, ComponentConfiguration {
    /// The classes of the encoder, which decide whether its files hold a projection.
    package enum Architecture: String, CaseIterable, Sendable {
        /// Hidden states and the state at the end token.
        case textModel = "CLIPTextModel"
        /// The same and a projection of the state at the end token.
        case withProjection = "CLIPTextModelWithProjection"
    }

    /// The activation between the two linear layers of a block.
    package enum Activation: String, CaseIterable, Sendable {
        /// x · σ(1.702 x): CLIP-L.
        case quickGELU = "quick_gelu"
        /// x · Φ(x), with the error function: CLIP-H and bigG.
        case gelu = "gelu"
    }

    /// Where the end of the text is, whose state is the pooled output.
    package enum EndOfText: Equatable, Sendable {
        /// At the largest id, the first of equals: configurations that still have the mistaken `eos_token_id: 2`.
        case largestID
        /// At the first place of this id; at place 0 when it does not occur.
        case id(Int)

        /// The place in one row of ids. The row must not be empty.
        package func position(in ids: some RandomAccessCollection<Int>) -> Int {
            precondition(!ids.isEmpty, "no ids")
            switch self {
            case .id(let id): return ids.enumerated().first { $0.element == id }?.offset ?? 0
            case .largestID:
                let largest = ids.max()
                return ids.enumerated().first { $0.element == largest }?.offset ?? 0
            }
        }
    }

    /// `architectures`
    package let architecture: Architecture
    /// `vocab_size`
    package let vocabSize: Int
    /// `hidden_size`
    package let hiddenSize: Int
    /// `intermediate_size`: width between the two linear layers of a block.
    package let intermediateSize: Int
    /// `projection_dim`; used with `CLIPTextModelWithProjection` only.
    package let projectionDim: Int
    /// `num_hidden_layers`
    package let numHiddenLayers: Int
    /// `num_attention_heads`
    package let numAttentionHeads: Int
    /// `max_position_embeddings`: the longest text, in ids.
    package let maxPositionEmbeddings: Int
    /// `hidden_act`
    package let hiddenAct: Activation
    /// `layer_norm_eps`
    package let layerNormEps: Double
    /// `eos_token_id`
    package let endOfText: EndOfText

    /// Takes the members of a `config.json`, or of `text_config` in that of a whole `CLIPModel`; `file` is for
    /// messages. Missing keys take transformers' defaults.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "config.json") throws {
        var reader = ConfigReader(object, file: file)
        let large = ConfigReader.large
        architecture = try Self.readArchitecture(&reader)
        vocabSize = try reader.integer("vocab_size", default: 49408, in: 1...large)
        hiddenSize = try reader.integer("hidden_size", default: 512, in: 1...large)
        intermediateSize = try reader.integer("intermediate_size", default: 2048, in: 1...large)
        projectionDim = try reader.integer("projection_dim", default: 512, in: 1...large)
        numHiddenLayers = try reader.integer("num_hidden_layers", default: 12, in: 1...1000)
        numAttentionHeads = try reader.integer("num_attention_heads", default: 8, in: 1...large)
        maxPositionEmbeddings = try reader.integer("max_position_embeddings", default: 77, in: 1...large)
        hiddenAct = try reader.choice("hidden_act", default: .quickGELU)
        layerNormEps = try reader.number("layer_norm_eps", default: 1e-5, in: 0...1)
        let end = try reader.integer("eos_token_id", default: 49407, in: 0...large)
        endOfText = end == 2 ? .largestID : .id(end)
        try Self.readNeutral(&reader)
        try reader.finish()
        guard hiddenSize % numAttentionHeads == 0 else {
            throw ConfigError(
                file: file, key: "num_attention_heads", "heads do not divide hidden_size",
                expected: "a divisor of \(hiddenSize)", found: "\(numAttentionHeads)")
        }
    }
}
