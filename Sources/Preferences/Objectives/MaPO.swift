import Compute
import Core

/// MaPO (Hong et al. 2024; public code utils.py, `compute_loss`): m_w − β·log σ(T·(φ(m_w) − φ(m_l))) with
/// φ(m) = s·m/(e^(s·m) − 1), without a reference. The two pictures of a pair share t and noise.
package struct MaPO: Objective {
    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "mapo", "MaPO, without a reference", settings: Settings(), usesReference: false, noising: .forward, beta: 0.1)

    /// The keys of `objective.name: mapo`. The defaults are those of the public code.
    package struct Settings: ObjectiveSettings, Equatable {
        /// T: how sharply the margin counts.
        package var temperature = 1000.0
        /// s: what errors are multiplied by in the odds.
        package var snr = 0.5

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [
                SettingsKey("temperature", \.temperature, .number(.above(0)), "how sharply the margin counts"),
                SettingsKey("snr", \.snr, .number(.above(0)), "what errors are multiplied by in the odds"),
            ])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? {
            MaPO(beta: beta, temperature: Float(temperature), snr: Float(snr))
        }
    }

    /// β: the margin's part of the loss (the public code: 0.1).
    package let beta: Float
    /// T (the public code: 1000).
    package let temperature: Float
    /// s (the public code: 0.5).
    package let snr: Float

    /// The objective with β.
    package init(beta: Float, temperature: Float = 1000, snr: Float = 0.5) {
        self.beta = beta
        self.temperature = temperature
        self.snr = snr
    }

    /// The pair's loss and its gradient by both errors. The logit is T·(φ(m_w) − φ(m_l)), the difference that of the φ.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        let (winner, loser) = (odds(item.model[0]), odds(item.model[1]))
        let difference = winner.value - loser.value
        let logit = Float(Double(temperature) * difference)
        let pull = Double(beta * Elementary.sigmoid(-logit) * temperature)
        return ItemLoss(
            value: item.model[0] + beta * LogSigmoid.negative(logit),
            gradient: [Float(1 - pull * winner.slope), Float(pull * loser.slope)], logit: logit,
            difference: Float(difference))
    }

    /// φ and ∂φ/∂m, in double: of x/(e^x − 1) at x = s·m, with e^(−x), which does not overflow.
    private func odds(_ error: Float) -> (value: Double, slope: Double) {
        let x = Double(snr) * Double(error)
        guard x > 0.01 else {
            // The quotient cancels; the next terms, x⁶/30240 and x⁵/5040, are lost in the last place of a Float.
            let square = x * x
            return (
                1 - x / 2 + square / 12 - square * square / 720,
                Double(snr) * (-0.5 + x / 6 - x * square / 180)
            )
        }
        let small = Elementary.exp(-x)
        let rest = 1 - small
        return (x * small / rest, Double(snr) * small * (rest - x) / (rest * rest))
    }
}
