/// Diffusion-KTO (Li et al. 2024; public code train_kto_sd_v1.5.py): λ·(1 − U(β(g − K), y)) over single pictures that
/// people found good (y = 1) or bad (y = −1), each with its own t and noise; g = r − m, reference's error less policy's.
package struct KTO: Objective {
    /// How K, the reference point, comes about.
    package enum KL: String, Sendable, CaseIterable {
        /// max(0, mean of g over the batch).
        case batch
        /// The mean of two means of g, over the good and over the bad pictures; one that has no pictures is 0.
        case classes
        /// The mean of g over the batch's pictures with each other's captions.
        case mismatched
    }

    /// The name in recipes.
    package let name = "kto"
    /// Single pictures.
    package let samplesPerItem = 1
    /// The errors are held against the reference's.
    package let usesReference = true
    /// Fresh Gaussian noise, one draw a picture.
    package let noising = Noising.forward
    /// β: how far the policy may leave the reference (the public code: 1000, for 4 × 64 × 64 latents).
    package let beta: Float
    /// What a picture's lead over K is worth.
    package let utility: KTOUtility
    /// How K comes about.
    package let kl: KL
    /// λ of good and of bad pictures.
    package let lambda: (good: Float, bad: Float)

    /// The objective with β.
    package init(
        beta: Float, utility: KTOUtility = .sigmoid, kl: KL = .batch, lambda: (good: Float, bad: Float) = (1, 1)
    ) {
        self.beta = beta
        self.utility = utility
        self.kl = kl
        self.lambda = lambda
    }

    /// Other captions' errors for `mismatched`, the batch's own otherwise.
    package var klSource: KLSource { kl == .mismatched ? .mismatched : .batch }

    /// K; the sums run in the batch's order in double and are rounded once.
    package func kl(_ items: [ItemErrors]) -> Float {
        func mean(_ items: [ItemErrors]) -> Double {
            items.isEmpty ? 0 : items.reduce(0) { $0 + KTO.lead($1) } / Double(items.count)
        }
        switch kl {
        case .batch: return Float(max(0, mean(items)))
        case .classes: return Float((mean(items.filter(KTO.isGood)) + mean(items.filter { !KTO.isGood($0) })) / 2)
        case .mismatched: return Float(mean(items))
        }
    }

    /// The picture's loss and its gradient: ∂g/∂m = −1, K a constant. The logit is y·β(g − K), the difference −g.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        let (y, lambda) = KTO.isGood(item) ? (1.0, Double(lambda.good)) : (-1, Double(lambda.bad))
        let z = Double(beta) * (KTO.lead(item) - Double(item.kl))
        let (worth, slope) = utility.value(z, y: y)
        return ItemLoss(
            value: Float(lambda * (1 - worth)), gradient: [Float(lambda * slope * Double(beta))],
            logit: Float(y * z), difference: item.model[0] - item.reference[0])
    }

    private static func isGood(_ item: ItemErrors) -> Bool { item.weight > 0 }

    /// g = r − m.
    private static func lead(_ item: ItemErrors) -> Double { Double(item.reference[0]) - Double(item.model[0]) }
}
