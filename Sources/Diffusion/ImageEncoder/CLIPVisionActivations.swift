/// How much memory a recorded pass of CLIP's image tower takes beside its parameters, from its configuration alone.
package struct CLIPVisionActivations: Sendable, Equatable {
    /// Bytes of a recorded pass over the pictures of a micro-batch and its way back.
    package let training: Int

    /// Counts for `rows` pictures in a micro-batch, in the units of `CLIPTextActivations`.
    package init(_ config: CLIPVisionConfig, rows: Int, recomputes: Bool) {
        let tokens = config.grid * config.grid + 1
        let state = 4 * tokens * config.hiddenSize
        let ratio = max(1, config.intermediateSize / config.hiddenSize)
        let (layers, layer) = (config.numHiddenLayers, 7 + 2 * ratio)
        let pixels = 4 * config.numChannels * config.imageSize * config.imageSize
        // Patches, their transposition, the class token before them, positions and the first LayerNorm.
        let before = 5
        training =
            rows
            * (state * (before + (recomputes ? 2 * layers + layer : layers * (layer + 1)) + 2 * ratio) + 2 * pixels)
    }
}
