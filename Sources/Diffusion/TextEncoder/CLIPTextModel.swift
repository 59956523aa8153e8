import Checkpoints
import Compute

/// CLIP's text tower (transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`), with its parameter names.
package final class CLIPTextModel: Network {
    package static let classNames = CLIPTextConfig.Architecture.allCases.map(\.rawValue)
    package static let weightsName = "model.safetensors"

    /// What the encoder makes of a batch of captions.
    package struct Output {
        /// Hidden states [n, tokens, width]: after the embedding, then after each layer, without the final LayerNorm.
        package let hidden: [Variable]
        /// The last of them after the final LayerNorm [n, tokens, width]: what SD1.5 attends to.
        package let last: Variable
        /// `last` at the end-of-text token [n, width].
        package let pooled: Variable
        /// The projection of `pooled` [n, projection], where the model has one.
        package let projected: Variable?

        /// The hidden states before the last layer: what SDXL attends to.
        package var penultimate: Variable { hidden[hidden.count - 2] }
    }

    /// The configuration.
    package let config: CLIPTextConfig
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    package let requests: [ParameterRequest]

    private let tokens: Parameter
    private let positions: Parameter
    private let layers: [CLIPLayer]
    private let finalNorm: LayerNorm
    private let projection: Linear?

    /// Builds the encoder from a checkpoint or fresh weights. Throws `CheckpointError` naming the tensor at fault.
    package init(config: CLIPTextConfig, loader: ParameterLoader) throws {
        self.config = config
        let width = config.hiddenSize
        // Files written by transformers 5 lack the prefix that files from the hub carry.
        let prefix = loader.contains("text_model.embeddings.token_embedding.weight") ? "text_model." : ""
        tokens = try loader.parameter(
            "\(prefix)embeddings.token_embedding.weight", [config.vocabSize, width], .normal(0.02))
        positions = try loader.parameter(
            "\(prefix)embeddings.position_embedding.weight", [config.maxPositionEmbeddings, width], .normal(0.02))
        layers = try (0..<config.numHiddenLayers).map {
            try CLIPLayer(loader, "\(prefix)encoder.layers.\($0)", shape: config.layer, isCausal: true)
        }
        finalNorm = try LayerNorm(loader, "\(prefix)final_layer_norm", width, eps: config.layerNormEps)
        projection =
            config.architecture == .withProjection
            ? try Linear(loader, "text_projection", width, config.projectionDim, hasBias: false) : nil
        parameters = loader.sorted()
        requests = loader.requests
    }

    /// It has a row for every id of its tokenizer, which has the same number in its name.
    package func requireFit(as name: String, in pipeline: Pipeline) throws {
        let tokenizer: CaptionTokenizer = try pipeline.require(name.replacing("text_encoder", with: "tokenizer"))
        try tokenizer.requireRows(config.vocabSize, file: name, key: "vocab_size")
    }

    /// Embeddings of captions given as token ids [n, tokens, width].
    private func embedded(_ tape: Tape, _ ids: [[Int]]) -> Variable {
        let length = ids[0].count
        precondition(ids.allSatisfy { $0.count == length } && length <= config.maxPositionEmbeddings)
        return tape.addPositions(tape.embedding(ids.flatMap { $0 }, tokens, shape: [ids.count, length]), positions)
    }

    /// The hidden states [n, tokens, width] before the last `count` layers, which are not computed.
    package func hidden(_ tape: Tape, ids: [[Int]], before count: Int) -> Variable {
        layers.dropLast(count).reduce(embedded(tape, ids)) { $1(tape, $0) }
    }

    /// `Output.penultimate` alone: the last layer is not computed.
    package func penultimate(_ tape: Tape, ids: [[Int]]) -> Variable { hidden(tape, ids: ids, before: 1) }

    /// The final LayerNorm of hidden states [n, tokens, width].
    package func normalized(_ tape: Tape, _ hidden: Variable) -> Variable { finalNorm(tape, hidden) }

    /// Encodes captions given as token ids, one list a caption, all of one length ≤ `max_position_embeddings`.
    package func forward(_ tape: Tape, ids: [[Int]]) -> Output {
        var x = embedded(tape, ids)
        var hidden = [x]
        for layer in layers {
            x = layer(tape, x)
            hidden.append(x)
        }
        let last = finalNorm(tape, x)
        let pooled = tape.picked(ids.map { config.endOfText.position(in: $0) }, of: last)
        return Output(hidden: hidden, last: last, pooled: pooled, projected: projection.map { $0(tape, pooled) })
    }
}
