import Checkpoints
import Compute

/// BLIP's text tower: a BERT without token types, whose layers look at a picture's tokens too. Source: `BertModel` in
/// `models/BLIP/med.py` of THUDM/ImageReward, in the mode `multimodal`.
package final class BLIPTextModel: Sendable {
    /// The configuration.
    package let config: BLIPTextConfig
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    private let words: Parameter
    private let positions: Parameter
    private let norm: LayerNorm
    private let layers: [BLIPTextLayer]

    /// Builds the tower from the weights of `ImageRewardLayout.text`.
    /// - Throws: `CheckpointError` naming the tensor at fault.
    package init(config: BLIPTextConfig, loader: ParameterLoader) throws {
        self.config = config
        let width = config.hiddenSize
        words = try loader.parameter(
            "embeddings.word_embeddings.weight", [config.vocabSize, width], .normal(0.02))
        positions = try loader.parameter(
            "embeddings.position_embeddings.weight", [config.maxPositionEmbeddings, width], .normal(0.02))
        norm = try LayerNorm(loader, "embeddings.LayerNorm", width, eps: config.layerNormEps)
        layers = try (0..<config.numHiddenLayers).map {
            try BLIPTextLayer(loader, "encoder.layer.\($0)", config)
        }
        try loader.requireNothingLeft()
        parameters = loader.sorted()
    }

    /// The state of the first token of each text [n, hidden_size]. Texts are given as ids without padding, all of one length:
    /// a padded token is masked by −10000 in the original, so that no other token sees it. Picture n has the tokens
    /// [n, patches, encoder_width].
    package func forward(_ tape: Tape, ids: [[Int]], picture: Variable) -> Variable {
        let length = ids[0].count
        precondition(ids.allSatisfy { $0.count == length } && length <= config.maxPositionEmbeddings)
        precondition(picture.shape[0] == ids.count && picture.shape[2] == config.encoderWidth)
        let embedded = tape.embedding(ids.flatMap { $0 }, words, shape: [ids.count, length])
        let x = norm(tape, tape.addPositions(embedded, positions))
        let last = layers.reduce(x) { $1(tape, $0, picture: picture) }
        return tape.picked([Int](repeating: 0, count: ids.count), of: last)
    }
}
