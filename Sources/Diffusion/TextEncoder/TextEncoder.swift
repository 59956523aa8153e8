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

    /// The token ids of a caption, cut or padded to the network's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        tokenizer.vocabulary.encode(caption, length: network.config.maxPositionEmbeddings).ids
    }

    /// Whether a caption has more tokens than the network takes, so that its end is cut off.
    package func cuts(_ caption: String) -> Bool {
        tokenizer.vocabulary.cuts(caption, to: network.config.maxPositionEmbeddings)
    }
}
