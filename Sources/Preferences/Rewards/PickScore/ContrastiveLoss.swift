import Compute

/// CLIP's own loss over a batch: each picture is to find its caption among the batch's, and each caption its picture.
///
/// Source: Radford et al. 2021 (arXiv:2103.00020), figure 3: the mean of the cross entropies over rows and columns of the
/// logits exp(logit_scale)·cosine. PickScore starts from weights trained so.
package struct ContrastiveLoss: Sendable {
    /// The loss: the mean over pictures and captions.
    package let value: Float
    /// ∂loss/∂logit [n, n].
    package let slopes: [Float]

    /// The loss of `count` pictures (rows) and captions (columns) with these logits [n, n]. Sums run in double, in order.
    package init(logits: [Float], count: Int) {
        precondition(logits.count == count * count && count > 0)
        var (loss, slopes) = (0.0, [Double](repeating: 0, count: logits.count))
        for line in 0..<2 * count {
            // Rows first, then columns.
            let places = (0..<count).map { line < count ? line * count + $0 : $0 * count + line - count }
            let own = line % count
            let top = places.map { Double(logits[$0]) }.max() ?? 0
            let powers = places.map { Elementary.exp(Double(logits[$0]) - top) }
            let sum = powers.reduce(0, +)
            loss += top + Elementary.log(sum) - Double(logits[places[own]])
            for (index, place) in places.enumerated() { slopes[place] += powers[index] / sum - (index == own ? 1 : 0) }
        }
        value = Float(loss / Double(2 * count))
        self.slopes = slopes.map { Float($0 / Double(2 * count)) }
    }
}
