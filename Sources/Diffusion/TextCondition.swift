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

    /// The conditions of the samples `rows`, in that order.
    package func picked(_ rows: [Int], engine: Engine) -> TextCondition {
        func pick(_ x: Tensor) -> Tensor { engine.stacked(rows.map { x.slice($0..<$0 + 1) }) }
        return TextCondition(
            context: pick(context),
            added: added.map { TextTimeCondition(pooled: pick($0.pooled), timeIDs: pick($0.timeIDs)) })
    }
}
