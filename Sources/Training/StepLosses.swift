import Ledger

/// What a step came to: its batch's losses, and what the update made of the gradients.
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
