import Compute

/// The comparison that SmPO, DDIM-InPO and Diffusion-DPO share: −log σ(−factor·D), D = (m_w − m_l) − (r_w − r_l).
enum PairLogit {
    /// D of a pair: below 0 where the policy leans to the winner more than its reference does.
    static func difference(_ item: ItemErrors) -> Float {
        (item.model[0] - item.model[1]) - (item.reference[0] - item.reference[1])
    }

    /// The pair's loss and its gradient by both errors: ±factor·σ(factor·D).
    static func loss(_ item: ItemErrors, factor: Float) -> ItemLoss {
        let difference = difference(item)
        let logit = -(factor * difference)
        let pull = Elementary.sigmoid(-logit) * factor
        return ItemLoss(
            value: LogSigmoid.negative(logit), gradient: [pull, -pull], logit: logit, difference: difference)
    }
}
