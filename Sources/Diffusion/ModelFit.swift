/// Whether the parts of a model fit each other.
public enum ModelFit {
    /// Throws `ConfigError` when the UNet attends to another width than the encoder's, or the encoder lacks rows for
    /// the tokenizer's ids.
    public static func check(unet: UNetConfig, textEncoder: CLIPTextConfig, tokenizer: CLIPTokenizer) throws {
        for width in unet.crossAttentionDim where width != textEncoder.hiddenSize {
            throw ConfigError(
                file: "text_encoder", key: "hidden_size", "is not what the UNet attends to",
                expected: "its cross_attention_dim \(width)", found: "\(textEncoder.hiddenSize)")
        }
        guard tokenizer.vocabularySize <= textEncoder.vocabSize else {
            throw ConfigError(
                file: "text_encoder", key: "vocab_size", "is less than the tokenizer's vocabulary",
                expected: "at least \(tokenizer.vocabularySize)", found: "\(textEncoder.vocabSize)")
        }
    }
}
