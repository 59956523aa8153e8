/// How much memory the passes of a CLIP text encoder take beside its parameters, from its configuration alone.
package struct CLIPTextActivations: Sendable, Equatable {
    /// Bytes of encoding captions without gradients, some at a time (`DiffusionModel.encode`), and of their hidden states.
    package let encoding: Int
    /// Bytes of a recorded pass over the captions of a micro-batch and its way back.
    package let training: Int

    /// Counts for `captions` in a step, `rows` in a micro-batch.
    ///
    /// In units of one hidden state [tokens, width], a layer's gradient needs its normalised input, queries, keys, values,
    /// attended values, sum, and second norm (7), the wide state of the multilayer perceptron before and after its
    /// activation (2·ratio), and its result; on the way back the wide gradients come on top (2·ratio).
    package init(_ config: CLIPTextConfig, captions: Int, rows: Int, recomputes: Bool) {
        let state = 4 * config.maxPositionEmbeddings * config.hiddenSize
        let ratio = max(1, config.intermediateSize / config.hiddenSize)
        let (layers, layer) = (config.numHiddenLayers, 7 + 2 * ratio)
        let atOnce = min(captions, DiffusionModel.captionsAtOnce)
        encoding = state * (captions + atOnce * (layers + 3 + 2 * ratio))
        training = state * rows * (2 + (recomputes ? 2 * layers + layer : layers * (layer + 1)) + 2 * ratio)
    }
}
