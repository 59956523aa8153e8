/// How errors enter the loss: as per-element means with the factor ½ (the public code), or as the paper writes them.
package enum ErrorScale: String, Sendable, CaseIterable {
    /// z = −(β/2)·W·D over means.
    case mean
    /// z = −β·W·D over sums of squares: the literal formula, larger by twice the number of elements.
    case sum
}

/// SmPO-Diffusion (ICML 2025): −log σ(−(β/2)·W·[(m_w − m_l) − (r_w − r_l)]).
///
/// W is the smoothed label's coefficient 2α − γ. With W = 1 and without ReNoise this is `InPO`, and with forward noising
/// besides, the two pictures sharing t and noise, `DPO`.
package struct SmPO: Objective {
    /// The name in recipes.
    package let name = "smpo"
    /// A winner and a loser.
    package let samplesPerItem = 2
    /// The errors are held against the reference's.
    package let usesReference = true
    /// The policy inverts the pictures.
    package let noising = Noising.inversion
    /// β: how far the policy may leave the reference (SD1.5: 2000, SDXL: 5000, for 4 × 64 × 64 latents).
    package let beta: Float
    /// Means with ½ or literal sums.
    package let scale: ErrorScale
    /// Elements of a picture, needed for literal sums.
    package let elements: Int

    /// The objective with β; `elements` is c·h·w.
    package init(beta: Float, scale: ErrorScale = .mean, elements: Int) {
        self.beta = beta
        self.scale = scale
        self.elements = elements
    }

    /// The pair's loss and its gradient by both errors.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        switch scale {
        case .mean: PairLogit.loss(item, factor: 0.5 * beta * item.weight)
        case .sum: PairLogit.loss(item, factor: beta * Float(elements) * item.weight)
        }
    }
}
