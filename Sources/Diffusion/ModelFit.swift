/// Whether the parts of a model fit each other.
package enum ModelFit {
    /// Throws `ConfigError` when the UNet attends to another width than the encoder's, or the encoder lacks rows for
    /// the tokenizer's ids.
    package static func check(unet: UNetConfig, textEncoder: CLIPTextConfig, tokenizer: CLIPTokenizer) throws {
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

    /// Throws `ConfigError` when a scorer lacks rows for the tokenizer's ids, or its pictures are prepared for another
    /// size.
    package static func check(
        clip: CLIPConfig, tokenizer: CLIPTokenizer, processor: CLIPImageProcessorConfig
    ) throws {
        guard tokenizer.vocabularySize <= clip.text.vocabSize else {
            throw ConfigError(
                file: "config.json", key: "text_config.vocab_size", "is less than the tokenizer's vocabulary",
                expected: "at least \(tokenizer.vocabularySize)", found: "\(clip.text.vocabSize)")
        }
        guard processor.cropSize == clip.vision.imageSize else {
            throw ConfigError(
                file: "preprocessor_config.json", key: "crop_size", "is not the image tower's size",
                expected: "its image_size \(clip.vision.imageSize)", found: "\(processor.cropSize)")
        }
        guard clip.vision.numChannels == 3 else {
            throw ConfigError(
                file: "config.json", key: "vision_config.num_channels", "is not that of RGB pictures",
                expected: "3", found: "\(clip.vision.numChannels)")
        }
    }
}
