/// What a step's items came to.
package struct StepLosses: Sendable {
    /// The mean of the items' losses: their sum by rule 4, one division.
    package var loss: Float
    /// Each item's loss.
    package var items: [Float]
    /// Each pair's logit; its sign says whether the policy prefers the winner (KTO: rates a picture as people did).
    package var inside: [Float]
    /// Norm of all gradients before clipping.
    package var gradientNorm: Float
    /// The learning rate of the update.
    package var learningRate: Double

    /// Share of pairs whose winner the policy prefers, or nil without pairs.
    package var implicitAccuracy: Double? {
        inside.isEmpty ? nil : Double(inside.count { $0 > 0 }) / Double(inside.count)
    }

    /// Mean of the logits, or nil without pairs.
    package var margin: Double? {
        inside.isEmpty ? nil : inside.reduce(0) { $0 + Double($1) } / Double(inside.count)
    }
}
