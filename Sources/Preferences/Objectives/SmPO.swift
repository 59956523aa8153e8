import Tensors

/// How errors enter the loss: as per-element means with the factor ½ (the public code), or as the paper writes them.
public enum ErrorScale: String, Sendable, CaseIterable {
    /// inside = −(β/2)·W·D over means.
    case mean
    /// inside = −β·W·D over sums of squares: the literal formula, larger by twice the number of elements.
    case sum
}

/// SmPO-Diffusion (ICML 2025): −log σ(−(β/2)·W·[(m_w − m_l) − (r_w − r_l)]).
///
/// W is the smoothed label's coefficient 2α − γ. With W = 1 this is DDIM-InPO's loss on inverted latents, and with
/// forward noising besides, the two pictures sharing t and noise, Diffusion-DPO's.
public struct SmPO: Objective {
    /// The name in recipes.
    public let name: String
    /// A winner and a loser.
    public let samplesPerItem = 2
    /// The errors are held against the reference's.
    public let usesReference = true
    /// How the noisy pictures come about.
    public let noising: Noising
    /// β: how far the policy may leave the reference (SD1.5: 2000, SDXL: 5000, for 4 × 64 × 64 latents).
    public let beta: Float
    /// Means with ½ or literal sums.
    public let scale: ErrorScale
    /// Elements of a picture, needed for literal sums.
    public let elements: Int

    /// The objective with β; `elements` is c·h·w.
    public init(
        beta: Float, scale: ErrorScale = .mean, elements: Int, noising: Noising = .inversion, name: String = "smpo"
    ) {
        self.beta = beta
        self.scale = scale
        self.elements = elements
        self.noising = noising
        self.name = name
    }

    /// The pair's loss and its gradient by both errors.
    public func loss(_ item: ItemErrors) -> ItemLoss {
        let difference = (item.model[0] - item.model[1]) - (item.reference[0] - item.reference[1])
        let factor =
            switch scale {
            case .mean: 0.5 * beta * item.weight
            case .sum: beta * Float(elements) * item.weight
            }
        let inside = -(factor * difference)
        let pull = Elementary.sigmoid(-inside) * factor
        return ItemLoss(
            value: LogSigmoid.negative(inside), gradient: [pull, -pull], inside: inside, difference: difference)
    }
}
