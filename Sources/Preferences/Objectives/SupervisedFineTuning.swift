import Core

/// Plain denoising: the mean squared error of the prediction (ε, or v for a v-prediction model) on single pictures.
/// Base models are made with it.
package struct SupervisedFineTuning: Objective {
    /// What recipes say of it. Its β, labels and weights are read and mean nothing.
    package static let kind = ObjectiveKind(
        "sft", "plain denoising of single pictures, to make a base model", settings: Settings(), samplesPerItem: 1,
        usesReference: false, noising: .forward, beta: 2000, weights: .always, makesBase: true)

    /// The keys of `objective.name: sft`.
    package struct Settings: ObjectiveSettings, Equatable {
        /// Of no account.
        package var errors = ErrorScale.mean

        /// The keys.
        package static let schema = SettingsSchema<Settings>(
            Settings(), [SettingsKey("errors", \.errors, .choice, ErrorScale.summary)])

        /// The objective.
        package func makeObjective(beta: Float, elements: Int) -> (any Objective)? { SupervisedFineTuning() }
    }

    /// The objective.
    package init() {}

    /// The error itself.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        ItemLoss(value: item.model[0], gradient: [1], logit: nil, difference: nil)
    }
}
