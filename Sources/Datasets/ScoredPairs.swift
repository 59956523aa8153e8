import Core

/// Preference pairs with scores of a reward model in the place of those that they have. Digests are the pairs' own, so that
/// what is made of the pictures does not depend on who scored them; the scores have a digest of their own.
package struct ScoredPairs: PreferenceDataset {
    /// The pairs.
    package let pairs: any PreferenceDataset
    /// The score of both pictures of each pair.
    package let scores: [(Double, Double)]

    /// `pairs` with `scores`, one of each pair.
    package init(_ pairs: any PreferenceDataset, scores: [(Double, Double)]) {
        precondition(scores.count == pairs.count, "\(scores.count) scores for \(pairs.count) pairs")
        (self.pairs, self.scores) = (pairs, scores)
    }

    package var count: Int { pairs.count }
    package var digest: Digest { pairs.digest }
    package var channels: Int { pairs.channels }

    /// The pair at `index`, in `0..<count`.
    package func item(at index: Int) -> PairItem {
        let item = pairs.item(at: index)
        return PairItem(
            id: item.id, caption: item.caption, image0: item.image0, image1: item.image1,
            imageDigest0: item.imageDigest0, imageDigest1: item.imageDigest1, label0: item.label0, label1: item.label1,
            score0: scores[index].0, score1: scores[index].1, digest: item.digest)
    }

    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        try pairs.pixels(at: index, which: which, size: size)
    }

    package func image(at index: Int, which: PairSide) throws -> Image? { try pairs.image(at: index, which: which) }

    package func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture? {
        try pairs.storedPicture(at: index, which: which)
    }

    package func frame(at index: Int, which: PairSide, size: Int) throws -> PictureFrame {
        try pairs.frame(at: index, which: which, size: size)
    }
}
