import Core

/// The labelling of a folder of pairs by a scorer: the scores that were written into its list, and the smoothed labels
/// that follow from them.
package struct LabellingRecord: Sendable, Equatable {
    /// One pair.
    package struct Item: Sendable, Equatable {
        /// The pair's name.
        package let item: String
        /// Digests of the bytes of its pictures.
        package let images: [Digest]
        /// The cosines of its pictures with the caption.
        package let scores: [Double]
        /// α of the pair, whose winner is the picture with the higher score: γ times the probability that it is better;
        /// nil for a pair that is left out because people found its pictures equally good.
        package let alpha: Double?
        /// W = 2α − γ, or nil.
        package let weight: Double?

        /// A pair of two pictures.
        package init(item: String, images: [Digest], scores: [Double], alpha: Double?, weight: Double?) {
            precondition(images.count == 2 && scores.count == 2)
            self.item = item
            self.images = images
            self.scores = scores
            self.alpha = alpha
            self.weight = weight
        }
    }

    /// The folder as it was named.
    package let folder: String
    /// The scorer's digest.
    package let scorer: Digest
    /// Digests of the scorer's files by their names.
    package let scorerParts: JSONValue
    /// The data set's digest with the scores in it: what a run's manifest says under `data`.
    package let data: Digest
    /// γ.
    package let gamma: Double
    /// The least and the greatest score of the pairs that are not left out.
    package let scoreRange: ClosedRange<Double>
    /// The pairs in data order.
    package let items: [Item]

    /// A labelling of `folder`.
    package init(
        folder: String, scorer: Digest, scorerParts: JSONValue, data: Digest, gamma: Double,
        scoreRange: ClosedRange<Double>, items: [Item]
    ) {
        self.folder = folder
        self.scorer = scorer
        self.scorerParts = scorerParts
        self.data = data
        self.gamma = gamma
        self.scoreRange = scoreRange
        self.items = items
    }
}
