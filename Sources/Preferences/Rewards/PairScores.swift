import Compute
import Core
import Datasets

/// What a scorer says of both pictures of every pair of a data set.
package struct PairScores: Sendable {
    /// The scores of each pair's two pictures with its caption, in the scorer's own unit and in data order.
    package let scores: [(Float, Float)]

    /// Pairs that are held in memory at once.
    static let atOnce = 16

    /// Scores `dataset`, which has pictures, or the pairs `rows` of it; `progress` is told how many are done, and may throw to
    /// stop. Pictures are scored at their own size, whether they lie in files or are drawn: the scorer brings them to its.
    /// - Throws: the error of a picture that cannot be read.
    package init(
        _ dataset: any PreferenceDataset, rows all: Range<Int>? = nil, scorer: any RewardModel, engine: Engine,
        progress: (Int) throws -> Void = { _ in }
    ) throws {
        let all = all ?? 0..<dataset.count
        var scores: [(Float, Float)] = []
        for batch in batches(all.count, of: PairScores.atOnce) {
            let rows = all.lowerBound + batch.lowerBound..<all.lowerBound + batch.upperBound
            let pictures = try rows.flatMap { index in
                try PairSide.allCases.map { side in
                    guard let picture = try dataset.storedPicture(at: index, which: side) else {
                        preconditionFailure("a latent is no picture that can be scored")
                    }
                    return picture
                }
            }
            let captions = rows.flatMap { [dataset.item(at: $0).caption, dataset.item(at: $0).caption] }
            let found = try scorer.scores(pictures, captions: captions, engine: engine)
            scores += (0..<batch.count).map { (found[2 * $0], found[2 * $0 + 1]) }
            try progress(batch.upperBound)
        }
        self.scores = scores
    }

    /// How human labels go with the order of the scores.
    package struct Agreement: Sendable, Equatable, CustomStringConvertible {
        /// Pairs whose winner by labels has the higher score.
        package let agree: Int
        /// Pairs with a winner by labels.
        package let decided: Int
        /// Pairs that people found equally good.
        package let ties: Int

        /// `73 of 100 agree with the scores (20 ties)`.
        package var description: String { "\(agree) of \(decided) agree with the scores (\(ties) ties)" }
    }

    /// Holds the scores against the labels of the same data set; equal scores agree with nobody.
    package func agreement(with dataset: any PreferenceDataset) -> Agreement {
        var (agree, decided) = (0, 0)
        for (index, score) in scores.enumerated() {
            guard let winner = dataset.item(at: index).humanWinner else { continue }
            decided += 1
            let (own, other) = winner == .image0 ? (score.0, score.1) : (score.1, score.0)
            if own > other { agree += 1 }
        }
        return Agreement(agree: agree, decided: decided, ties: scores.count - decided)
    }
}
