import Core

/// Diffusion-DPO (Wallace et al. 2024; public code train.py): −log σ(−(β/2)·D), D = (m_w − m_l) − (r_w − r_l). The two
/// pictures of a pair share t and noise.
///
/// With smoothed labels the first form's logit has their coefficient W, as SmPO's; plain labels have W = 1.
///
/// The other forms are those of diffusers' LoRA script, whose β is β/2 here.
package struct DPO: Objective {
    /// What the logit z = −(β/2)·D becomes.
    package enum Form: String, Sendable, CaseIterable {
        /// −log σ(z).
        case sigmoid
        /// max(0, 1 − z).
        case hinge
        /// (−D − 1/β)² (IPO: Azar et al. 2024, with τ = β/2).
        case ipo
    }

    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "dpo", "Diffusion-DPO", settings: Settings(), usesReference: true, noising: .forward, beta: 5000,
        weights: .withGamma)

    /// The keys of `objective.name: dpo`.
    package struct Settings: ObjectiveSettings {
        /// What the logit becomes.
        package var form = Form.sigmoid

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(), [SettingsKey("loss", \.form, .choice, "what the logit becomes; ipo is IPO's square")])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? { DPO(beta: beta, form: form) }

        /// The other forms have no place for W.
        package var plainOnly: String? { form == .sigmoid ? nil : "objective.loss: \(form.rawValue)" }
    }

    /// β: how far the policy may leave the reference (the public code: 5000, for 4 × 64 × 64 latents).
    package let beta: Float
    /// What the logit becomes.
    package let form: Form

    /// The objective with β.
    package init(beta: Float, form: Form = .sigmoid) {
        self.beta = beta
        self.form = form
    }

    /// The pair's loss and its gradient by both errors.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        let factor = 0.5 * beta
        let difference = PairLogit.difference(item)
        let logit = -(factor * difference)
        func loss(_ value: Float, _ slope: Float) -> ItemLoss {
            ItemLoss(value: value, gradient: [slope, -slope], logit: logit, difference: difference)
        }
        switch form {
        case .sigmoid: return PairLogit.loss(item, factor: factor * item.weight)
        case .hinge: return logit < 1 ? loss(1 - logit, factor) : loss(0, 0)
        case .ipo:
            let rest = -difference - 1 / beta
            return loss(rest * rest, -2 * rest)
        }
    }
}
