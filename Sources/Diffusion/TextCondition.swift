import Compute

/// What a UNet is told about each sample: the caption's hidden states and, for SDXL, pooled text and sizes.
package struct TextCondition: Sendable {
    /// Hidden states [n, tokens, width].
    package let context: Tensor
    /// SDXL's second condition.
    package let added: TextTimeCondition?

    /// Hidden states [n, tokens, width] and SDXL's second condition.
    package init(context: Tensor, added: TextTimeCondition? = nil) {
        self.context = context
        self.added = added
    }

    /// The states of captions, one a sample, with the samples' sizes where the model has pooled text.
    package init(_ states: TextStates, sizes: [SizeCondition]) {
        let added = states.pooled.map { pooled in
            precondition(sizes.count == states.count, "a size for each sample")
            return TextTimeCondition(
                pooled: pooled,
                timeIDs: Tensor(
                    sizes.flatMap { $0.numbers.map(Float.init) }, shape: [sizes.count, UNetConfig.TextTime.timeIDCount])
            )
        }
        self.init(context: states.context, added: added)
    }

    /// The conditions of the samples `rows`, in that order.
    package func picked(_ rows: [Int], engine: Engine) -> TextCondition {
        func pick(_ x: Tensor) -> Tensor { engine.stacked(rows.map { x.slice($0..<$0 + 1) }) }
        // They stay on the host; who watches is told of the same operators all the same.
        func pickIDs(_ ids: Tensor) -> Tensor {
            let (numbers, width) = (ids.floats, ids.shape[1])
            return engine.operation("stack", rows.map { ids.slice($0..<$0 + 1) }) {
                Tensor(rows.flatMap { numbers[$0 * width..<($0 + 1) * width] }, shape: [rows.count, width])
            }
        }
        return TextCondition(
            context: pick(context),
            added: added.map { TextTimeCondition(pooled: pick($0.pooled), timeIDs: pickIDs($0.timeIDs)) })
    }
}
