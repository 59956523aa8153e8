import Core

/// How errors enter the loss: as per-element means with the factor ½ (the public code), or as the paper writes them.
package enum ErrorScale: String, Sendable, CaseIterable {
    /// z = −(β/2)·W·D over means.
    case mean
    /// z = −β·W·D over sums of squares: the literal formula, larger by twice the number of elements.
    case sum

    /// What the key `errors` is, in one line.
    static let summary =
        "the picture's error: the mean of squared errors with the factor ½, or their sum as the paper writes it"
}

/// SmPO-Diffusion (ICML 2025): −log σ(−(β/2)·W·[(m_w − m_l) − (r_w − r_l)]).
///
/// W is the smoothed label's coefficient 2α − γ. With W = 1 and without ReNoise this is `InPO`, and with forward noising
/// besides, the two pictures sharing t and noise, `DPO`.
package struct SmPO: Objective {
    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "smpo", "SmPO-Diffusion: smoothed preference optimisation", settings: Settings(), usesReference: true,
        noising: .inversion, beta: 2000, weights: .always)

    /// The keys of `objective.name: smpo`.
    package struct Settings: ObjectiveSettings, Equatable {
        /// How errors enter the loss.
        package var errors = ErrorScale.mean

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(), [SettingsKey("errors", \.errors, .choice, ErrorScale.summary)])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? {
            SmPO(beta: beta, scale: errors, elements: elements)
        }
    }

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
