import Core

/// DDIM-InPO (CVPR 2025; public code train.py 990–1053): −log σ(−(β/2)·[(m_w − m_l) − (r_w − r_l)]) on pictures that
/// the policy inverted, the target being τ. After each move of the inversion there is fresh noise
/// (`InversionSettings.noise`). With smoothed labels the logit has their coefficient W; plain labels have W = 1.
package struct InPO: Objective {
    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "inpo", "DDIM-InPO", settings: Settings(), usesReference: true, noising: .inversion, beta: 2000,
        weights: .withGamma, addsNoise: true)

    /// `objective.name: inpo` has no keys of its own.
    package struct Settings: ObjectiveSettings {
        /// The keys.
        package static let schema = SettingsSchema<Settings>(Settings(), [])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? { InPO(beta: beta) }
    }

    /// β: how far the policy may leave the reference (SD1.5: 2000, SDXL: 5000, for 4 × 64 × 64 latents).
    package let beta: Float

    /// The objective with β.
    package init(beta: Float) { self.beta = beta }

    /// The pair's loss and its gradient by both errors.
    package func loss(_ item: ItemErrors) -> ItemLoss { PairLogit.loss(item, factor: 0.5 * beta * item.weight) }
}
