/// What a step's items came to.
public struct StepLosses: Sendable {
    /// The mean of the items' losses: their sum by rule 4, one division.
    public var loss: Float
    /// Each item's loss.
    public var items: [Float]
    /// Each pair's logit; its sign says whether the policy prefers the winner (KTO: rates a picture as people did).
    public var inside: [Float]
    /// Norm of all gradients before clipping.
    public var gradientNorm: Float
    /// The learning rate of the update.
    public var learningRate: Double

    /// Share of pairs whose winner the policy prefers, or nil without pairs.
    public var implicitAccuracy: Double? {
        inside.isEmpty ? nil : Double(inside.count { $0 > 0 }) / Double(inside.count)
    }

    /// Mean of the logits, or nil without pairs.
    public var margin: Double? {
        inside.isEmpty ? nil : inside.reduce(0) { $0 + Double($1) } / Double(inside.count)
    }
}
