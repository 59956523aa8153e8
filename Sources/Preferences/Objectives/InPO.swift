/// DDIM-InPO (CVPR 2025; public code train.py 990–1053): −log σ(−(β/2)·[(m_w − m_l) − (r_w − r_l)]) on pictures that
/// the policy inverted, the target being τ. After each move of the inversion there is fresh noise
/// (`InversionRecipe.noise`). With smoothed labels the logit has their coefficient W; plain labels have W = 1.
package struct InPO: Objective {
    /// The name in recipes.
    package let name = "inpo"
    /// A winner and a loser.
    package let samplesPerItem = 2
    /// The errors are held against the reference's.
    package let usesReference = true
    /// The policy inverts the pictures.
    package let noising = Noising.inversion
    /// β: how far the policy may leave the reference (SD1.5: 2000, SDXL: 5000, for 4 × 64 × 64 latents).
    package let beta: Float

    /// The objective with β.
    package init(beta: Float) { self.beta = beta }

    /// The pair's loss and its gradient by both errors.
    package func loss(_ item: ItemErrors) -> ItemLoss { PairLogit.loss(item, factor: 0.5 * beta * item.weight) }
}
