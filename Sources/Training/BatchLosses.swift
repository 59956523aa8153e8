import Ledger

/// What a batch's items came to.
package struct BatchLosses: Sendable {
    /// The mean of the items' losses: their sum by rule 4, one division.
    package let loss: Float
    /// Each item's loss.
    package let items: [Float]
    /// Each item's logit, for objectives that have one.
    package let logits: Logits
}
