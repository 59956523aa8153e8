/// How errors enter the loss: as per-element means with the factor ½ (the public code), or as the paper writes them.
public enum ErrorScale: String, Sendable, CaseIterable {
    /// inside = −(β/2)·W·D over means.
    case mean
    /// inside = −β·W·D over sums of squares: the literal formula, larger by twice the number of elements.
    case sum
}

/// SmPO-Diffusion (ICML 2025): −log σ(−(β/2)·W·[(m_w − m_l) − (r_w − r_l)]).
///
/// W is the smoothed label's coefficient 2α − γ. With W = 1 and without ReNoise this is `InPO`, and with forward noising
/// besides, the two pictures sharing t and noise, `DPO`.
public struct SmPO: Objective {
    /// The name in recipes.
    public let name = "smpo"
    /// A winner and a loser.
    public let samplesPerItem = 2
    /// The errors are held against the reference's.
    public let usesReference = true
    /// The policy inverts the pictures.
    public let noising = Noising.inversion
    /// β: how far the policy may leave the reference (SD1.5: 2000, SDXL: 5000, for 4 × 64 × 64 latents).
    public let beta: Float
    /// Means with ½ or literal sums.
    public let scale: ErrorScale
    /// Elements of a picture, needed for literal sums.
    public let elements: Int

    /// The objective with β; `elements` is c·h·w.
    public init(beta: Float, scale: ErrorScale = .mean, elements: Int) {
        self.beta = beta
        self.scale = scale
        self.elements = elements
    }

    /// The pair's loss and its gradient by both errors.
    public func loss(_ item: ItemErrors) -> ItemLoss {
        switch scale {
        case .mean: PairLogit.loss(item, factor: 0.5 * beta * item.weight)
        case .sum: PairLogit.loss(item, factor: beta * Float(elements) * item.weight)
        }
    }
}
