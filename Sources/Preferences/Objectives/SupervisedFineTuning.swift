/// Plain denoising: the mean squared error of the prediction (ε, or v for a v-prediction model) on single pictures.
/// Base models are made with it.
public struct SupervisedFineTuning: Objective {
    /// The name in recipes.
    public let name = "sft"
    /// Single pictures.
    public let samplesPerItem = 1
    /// There is nothing to compare with.
    public let usesReference = false
    /// Fresh Gaussian noise.
    public let noising = Noising.forward

    /// The objective.
    public init() {}

    /// The error itself.
    public func loss(_ item: ItemErrors) -> ItemLoss {
        ItemLoss(value: item.model[0], gradient: [1], inside: nil, difference: nil)
    }
}
