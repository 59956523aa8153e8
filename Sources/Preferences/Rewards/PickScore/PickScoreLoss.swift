import Compute
import Core

/// PickScore's training loss of one pair: the cross entropy between what a person said and the softmax over
/// exp(logit_scale)·cosine of the two pictures, less the label's own entropy, so that its least value is 0.
///
/// Source: `calc_loss` of yuvalkirstain/PickScore (Kirstain et al. 2023, section 3), which adds log 0.5 for a tie.
package struct PickScoreLoss: Sendable {
    /// What recipes say of it.
    package static let kind = ObjectiveKind(
        "pickscore", "PickScore's, which trains a scorer rather than a diffusion model", settings: Settings(),
        usesReference: false, noising: nil, beta: nil)

    /// The keys of `objective.name: pickscore`.
    package struct Settings: ObjectiveSettings, Equatable {
        /// The factor of CLIP's own loss beside PickScore's; nil for none.
        package var contrastive: Double?

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [
                SettingsKey(
                    "contrastive", \.contrastive, .optional(.number(.above(0))), default: .omitted(nil),
                    "factor of CLIP's own loss beside PickScore's")
            ])

        /// None: the loss is one of cosines.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? { nil }

        /// A caption is held against all of the batch's pictures.
        package var wholeBatch: String? { contrastive == nil ? nil : "objective.contrastive" }
    }

    /// The loss.
    package let value: Float
    /// z = scale·(cos₀ − cos₁): the logit of the first picture.
    package let logit: Float
    /// ∂loss/∂z = σ(z) − label.
    package let slope: Float

    /// What another process has computed.
    package init(value: Float, logit: Float, slope: Float) {
        (self.value, self.logit, self.slope) = (value, logit, slope)
    }

    /// The loss of a pair with these cosines; `label` is the share of the first picture: 1, or ½ for a tie.
    package init(cosines: (first: Float, second: Float), scale: Float, label: Float) {
        logit = scale * (cosines.first - cosines.second)
        let (share, z) = (Double(label), Double(logit))
        let entropy = label == 0.5 ? Elementary.log(0.5) : 0
        value = Float(share * LogSigmoid.negative(z) + (1 - share) * LogSigmoid.negative(-z) + entropy)
        // Without the difference σ(z) − 1, which would cancel for a pair that is told apart well.
        slope = (1 - label) * Elementary.sigmoid(logit) - label * Elementary.sigmoid(-logit)
    }
}
