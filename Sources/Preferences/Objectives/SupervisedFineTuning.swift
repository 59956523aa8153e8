/// Plain denoising: the mean squared error of the prediction (ε, or v for a v-prediction model) on single pictures.
/// Base models are made with it.
public struct SupervisedFineTuning: Objective {
    public let name = "sft"
    public let samplesPerItem = 1
    public let usesReference = false
    public let noising = Noising.forward

    /// The objective.
    public init() {}

    public func loss(_ item: ItemErrors) -> ItemLoss {
        ItemLoss(value: item.model[0], gradient: [1], inside: nil, difference: nil)
    }
}
