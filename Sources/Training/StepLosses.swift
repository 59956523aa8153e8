import Ledger

/// The numbers of a finished step: its batch's losses, the gradients' norm, the rate of its update.
package struct StepLosses: Sendable {
    /// The mean of the items' losses, each item's, and their logits.
    package let loss: Float, items: [Float], logits: Logits
    /// Norm of all gradients before clipping.
    package let gradientNorm: Float
    /// The learning rate of the update.
    package let learningRate: Double

    init(_ batch: BatchLosses, _ update: (gradientNorm: Float, learningRate: Double)) {
        (loss, items, logits) = (batch.loss, batch.items, batch.logits)
        (gradientNorm, learningRate) = update
    }
}
