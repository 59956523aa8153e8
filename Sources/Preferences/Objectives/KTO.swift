import Core

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

    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "kto", "Diffusion-KTO, over single pictures", settings: Settings(), samplesPerItem: 1, usesReference: true,
        noising: .forward, beta: 1000)

    /// The keys of `objective.name: kto`. The defaults are those of the public code's launcher.
    package struct Settings: ObjectiveSettings, Equatable {
        /// What a picture's lead over K is worth.
        package var utility = KTOUtility.sigmoid
        /// How K comes about.
        package var kl = KL.batch
        /// What the loss of a good and of a bad picture is multiplied by.
        package var lambdaGood = 1.0, lambdaBad = 1.0
        /// The probability that a pair shows its good picture.
        package var goodShare = 0.8

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [
                SettingsKey("utility", \.utility, .choice, "what a picture's lead over the reference point is worth"),
                SettingsKey("kl", \.kl, .choice, "how the reference point comes about"),
                SettingsKey(
                    "lambda_good", \.lambdaGood, .number(.atLeast(0)), "factor of a good picture's loss"),
                SettingsKey("lambda_bad", \.lambdaBad, .number(.atLeast(0)), "factor of a bad picture's loss"),
                SettingsKey(
                    "positive_ratio", \.goodShare, .number(.from(0, to: 1)),
                    "probability that a pair shows its good picture"),
            ])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? {
            KTO(beta: beta, utility: utility, kl: kl, lambda: (good: Float(lambdaGood), bad: Float(lambdaBad)))
        }

        /// `objective.positive_ratio`.
        package var positiveRatio: Double? { goodShare }
    }

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
