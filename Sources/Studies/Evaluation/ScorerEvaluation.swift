import Compute
import Datasets
import Diffusion
import Preferences
import Training

/// The agreement of a scorer with votes, with the generator's scores and with the judge, on captions it has not seen.
package struct ScorerEvaluation {
    /// The result on held-out pairs.
    package struct Pairs: Sendable {
        /// Share of pairs that the scorer orders as the generator's scores do, of those whose scores differ.
        package let scoreAccuracy: Double
        /// Share of pairs whose winner by votes the scorer prefers, of those that are no ties.
        package let voteAccuracy: Double
        /// Pairs.
        package let count: Int
    }

    /// The result on several samples of each caption.
    package struct Samples: Sendable {
        /// Share of pairs of samples of one caption that the scorer orders as the judge's rewards do; ½ is chance.
        package let agreement: Double
        /// The same for pairs whose rewards are at least 0.1 apart.
        package let clearAgreement: Double
        /// Pairs of samples that were compared, and those that are clearly apart.
        package let pairs: (all: Int, clear: Int)
        /// Spearman's correlation of scores and rewards over all samples.
        package let correlation: Double
        /// The judge's mean reward of all samples, and of each caption's best by the scorer.
        package let reward: (all: Double, best: Double)
    }

    /// The scorer.
    package let scorer: PickScore
    /// The engine that computes.
    package let engine: Engine

    /// An evaluation of `scorer`.
    package init(scorer: PickScore, engine: Engine) {
        self.scorer = scorer
        self.engine = engine
    }

    /// Scores both pictures of every pair; an exact tie of the scorer counts half.
    package func pairs(_ dataset: any PreferenceDataset) throws -> Pairs {
        let scores = try PairScores(dataset, scorer: scorer, engine: engine).scores
        func accuracy(_ order: (PairItem) -> PairSide?) -> Double {
            let verdicts = scores.enumerated().compactMap { index, score -> Double? in
                guard let winner = order(dataset.item(at: index)) else { return nil }
                if score.0 == score.1 { return 0.5 }
                return (score.0 > score.1) == (winner == .image0) ? 1 : 0
            }
            return verdicts.reduce(0, +) / Double(max(1, verdicts.count))
        }
        return Pairs(
            scoreAccuracy: accuracy { item in
                guard let score0 = item.score0, let score1 = item.score1, score0 != score1 else { return nil }
                return score0 > score1 ? .image0 : .image1
            },
            voteAccuracy: accuracy(\.humanWinner), count: dataset.count)
    }

    /// Draws `each` pictures of every caption with `model` and lets the rule-based judge look at them too.
    package func samples(
        of model: SampleEvaluation, _ captions: [ShapesCaption], each: Int, size: Int, seed: UInt64
    ) throws -> Samples {
        let told = captions.flatMap { [ShapesCaption](repeating: $0, count: each) }
        let drawn = try model.run(told, size: size, seed: seed, scorer: scorer.onDrawings(engine))
        let (rewards, scores) = (drawn.rewards, drawn.scores ?? [])
        var (right, all, clearRight, clear, best) = (0.0, 0, 0.0, 0, 0.0)
        for start in stride(from: 0, to: told.count, by: each) {
            let group = start..<start + each
            best += rewards[group.max { scores[$0] < scores[$1] }!]
            for first in group {
                for second in first + 1..<start + each where rewards[first] != rewards[second] {
                    let agrees =
                        scores[first] == scores[second]
                        ? 0.5 : (scores[first] > scores[second]) == (rewards[first] > rewards[second]) ? 1 : 0
                    (right, all) = (right + agrees, all + 1)
                    guard abs(rewards[first] - rewards[second]) >= 0.1 else { continue }
                    (clearRight, clear) = (clearRight + agrees, clear + 1)
                }
            }
        }
        return Samples(
            agreement: right / Double(max(1, all)), clearAgreement: clearRight / Double(max(1, clear)),
            pairs: (all, clear), correlation: Self.correlation(Self.ranks(scores), Self.ranks(rewards)),
            reward: (rewards.reduce(0, +) / Double(rewards.count), best / Double(captions.count)))
    }

    /// Places in ascending order, from 0; equal values share their mean place.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 }
            start = end + 1
        }
        return ranks
    }

    /// Pearson's correlation; 0 where one side does not vary.
    static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
        var (product, squareA, squareB) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            product += (x - meanA) * (y - meanB)
            squareA += (x - meanA) * (x - meanA)
            squareB += (y - meanB) * (y - meanB)
        }
        return squareA * squareB > 0 ? product / (squareA * squareB).squareRoot() : 0
    }
}
