/// Plain denoising: the mean squared error of the prediction (ε, or v for a v-prediction model) on single pictures.
/// Base models are made with it.
package struct SupervisedFineTuning: Objective {
    /// The name in recipes.
    package let name = "sft"
    /// Single pictures.
    package let samplesPerItem = 1
    /// There is nothing to compare with.
    package let usesReference = false
    /// Fresh Gaussian noise.
    package let noising = Noising.forward

    /// The objective.
    package init() {}

    /// The error itself.
    package func loss(_ item: ItemErrors) -> ItemLoss {
        ItemLoss(value: item.model[0], gradient: [1], logit: nil, difference: nil)
    }
}
