/// A text encoder of a model with its tokenizer.
package struct TextEncoder: Sendable {
    /// The network.
    package let network: CLIPTextModel
    /// Caption to token ids.
    package let tokenizer: CaptionTokenizer

    /// A network and the tokenizer that its captions go through.
    package init(network: CLIPTextModel, tokenizer: CaptionTokenizer) {
        (self.network, self.tokenizer) = (network, tokenizer)
    }

    /// Ids of a caption: the tokenizer's `model_max_length`, as diffusers' pipelines and the training scripts pad, or the
    /// network's positions where none is stated, and never more than those.
    package var length: Int { tokenizer.length(positions: network.config.maxPositionEmbeddings) }

    /// The token ids of a caption, cut or padded to the length.
    package func tokenIDs(_ caption: String) -> [Int] { tokenizer.vocabulary.encode(caption, length: length).ids }

    /// Whether a caption has more tokens than the length, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool { tokenizer.vocabulary.cuts(caption, to: length) }
}
