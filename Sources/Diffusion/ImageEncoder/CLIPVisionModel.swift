import Compute

/// CLIP's image tower (transformers' `CLIPVisionModel`), with its parameter names.
package final class CLIPVisionModel: Sendable {
    /// What the encoder makes of a batch of pictures.
    package struct Output {
        /// Hidden states [n, 1 + patches, width] after the last layer, the class token's first.
        package let last: Variable
        /// The class token's state after the final LayerNorm [n, width].
        package let pooled: Variable
    }

    /// The configuration.
    package let config: CLIPVisionConfig
    private let classEmbedding: Parameter
    private let patchEmbedding: Parameter
    private let positions: Parameter
    private let preNorm: LayerNorm
    private let layers: [CLIPLayer]
    private let postNorm: LayerNorm

    /// Builds the tower from a checkpoint or fresh weights, whose embeddings are drawn as transformers draws them: a patch
    /// must not drown its position.
    /// Throws `CheckpointError` naming the tensor at fault.
    package init(config: CLIPVisionConfig, loader: ParameterLoader) throws {
        self.config = config
        let (width, patch, name) = (config.hiddenSize, config.patchSize, "vision_model")
        classEmbedding = try loader.parameter(
            "\(name).embeddings.class_embedding", [width], .normal(1 / Double(width).squareRoot()))
        patchEmbedding = try loader.parameter(
            "\(name).embeddings.patch_embedding.weight", [width, config.numChannels, patch, patch],
            .normal(0.02))
        positions = try loader.parameter(
            "\(name).embeddings.position_embedding.weight", [config.grid * config.grid + 1, width], .normal(0.02))
        // transformers' spelling.
        preNorm = try LayerNorm(loader, "\(name).pre_layrnorm", width, eps: config.layerNormEps)
        layers = try (0..<config.numHiddenLayers).map {
            try CLIPLayer(loader, "\(name).encoder.layers.\($0)", shape: config.layer, isCausal: false)
        }
        postNorm = try LayerNorm(loader, "\(name).post_layernorm", width, eps: config.layerNormEps)
    }

    /// Encodes pictures [n, channels, image_size, image_size], normalised as the model's preprocessor says.
    package func forward(_ tape: Tape, pixels: Variable) -> Output {
        let samples = pixels.shape[0]
        precondition(Array(pixels.shape.dropFirst()) == [config.numChannels, config.imageSize, config.imageSize])
        let tokens = tape.patchEmbedding(pixels, patchEmbedding)
        var x = preNorm(tape, tape.addPositions(tape.prepended(classEmbedding, to: tokens), positions))
        for layer in layers { x = layer(tape, x) }
        // Token by token, so the class token's state alone is enough.
        let pooled = postNorm(tape, tape.picked([Int](repeating: 0, count: samples), of: x))
        return Output(last: x, pooled: pooled)
    }
}

extension CLIPVisionConfig {
    var layer: CLIPLayer.Shape {
        CLIPLayer.Shape(
            width: hiddenSize, inner: intermediateSize, heads: numAttentionHeads, activation: hiddenAct,
            eps: layerNormEps)
    }
}
