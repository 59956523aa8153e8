import Compute
import Core
import Datasets

/// What a scorer says of both pictures of every pair of a data set.
package struct PairScores: Sendable {
    /// The cosines of each pair's two pictures with its caption, in data order.
    package let scores: [(Float, Float)]

    /// Pairs that are held in memory at once.
    private static let atOnce = 16

    /// Scores `dataset`; `progress` is told how many pairs are done. Pictures of a folder are scored as they are, those
    /// that are drawn at the scorer's size.
    /// - Throws: the error of a picture that cannot be read.
    package init(
        _ dataset: any PreferenceDataset, scorer: PickScore, engine: Engine, progress: (Int) -> Void = { _ in }
    ) throws {
        let edge = scorer.processor.config.cropSize
        var scores: [(Float, Float)] = []
        for start in stride(from: 0, to: dataset.count, by: PairScores.atOnce) {
            let rows = start..<min(dataset.count, start + PairScores.atOnce)
            let pictures = try rows.flatMap { index in
                try PairSide.allCases.map { side in
                    if let image = try dataset.image(at: index, which: side) { return image }
                    let planes = try dataset.pixels(at: index, which: side, size: edge)
                    return PixelPlanes.image(planes, width: edge, height: edge)
                }
            }
            let captions = rows.flatMap { [dataset.item(at: $0).caption, dataset.item(at: $0).caption] }
            let found = try scorer.scores(pictures, captions: captions, engine: engine)
            scores += rows.indices.map { (found[2 * ($0 - start)], found[2 * ($0 - start) + 1]) }
            progress(rows.upperBound)
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
