import Compute

/// What the text encoders of a model make of captions.
package struct TextStates: Sendable {
    /// Hidden states [n, tokens, width]; of two encoders side by side in the last axis.
    package let context: Tensor
    /// SDXL's pooled text [n, projection]; nil of a model with one encoder.
    package let pooled: Tensor?

    /// Hidden states [n, tokens, width] and pooled text [n, projection].
    package init(context: Tensor, pooled: Tensor? = nil) {
        precondition(pooled.map { $0.shape[0] == context.shape[0] } ?? true)
        (self.context, self.pooled) = (context, pooled)
    }

    /// What `encoders` make of captions at once, without gradients. One alone gives its last hidden states after the final
    /// LayerNorm, as SD1.5 has it; two give the states before the last layer of each side by side, the first's first, and
    /// the projected end-token state of the second, as SDXL has it.
    /// - Parameters:
    ///   - seconds: captions for the second encoder in the place of `captions`.
    ///   - skip: layers whose result is left out besides (`clip_skip`); the pooled text has all layers.
    package init(
        of captions: [String], seconds: [String]? = nil, by encoders: [TextEncoder], skipping skip: Int = 0,
        on engine: Engine
    ) {
        for encoder in encoders { engine.place(encoder.network.parameters) }
        let tape = Tape(engine: engine, isRecording: false)
        let first = captions.map(encoders[0].tokenIDs)
        guard encoders.count > 1 else {
            let network = encoders[0].network
            let context =
                skip == 0
                ? network.forward(tape, ids: first).last
                : network.normalized(tape, network.hidden(tape, ids: first, before: skip))
            self.init(context: context.value)
            return
        }
        let left = encoders[0].network.hidden(tape, ids: first, before: 1 + skip).value
        let output = encoders[1].network.forward(tape, ids: (seconds ?? captions).map(encoders[1].tokenIDs))
        let right = output.hidden[output.hidden.count - 2 - skip].value
        let rows = left.shape[0] * left.shape[1]
        let joined = engine.concatenated(
            left.reshaped([rows, left.shape[2]]), right.reshaped([rows, right.shape[2]]))
        self.init(
            context: joined.reshaped([left.shape[0], left.shape[1], joined.shape[1]]), pooled: output.projected?.value)
    }

    /// How many captions.
    package var count: Int { context.shape[0] }

    /// The states of the captions `rows`, in that order.
    package func picked(_ rows: [Int], engine: Engine) -> TextStates {
        func pick(_ x: Tensor) -> Tensor { engine.stacked(rows.map { x.slice($0..<$0 + 1) }) }
        return TextStates(context: pick(context), pooled: pooled.map(pick))
    }

    /// The captions of all of `parts`, one after another.
    package static func joined(_ parts: [TextStates], engine: Engine) -> TextStates {
        guard parts.count > 1 else {
            return TextStates(context: engine.placed(parts[0].context), pooled: parts[0].pooled.map(engine.placed))
        }
        let pooled = parts.compactMap(\.pooled)
        return TextStates(
            context: engine.stacked(parts.map(\.context)), pooled: pooled.isEmpty ? nil : engine.stacked(pooled))
    }
}
