import Core
import Datasets

/// Which picture of each pair wins, and by how much: the labels of a run.
package struct PairLabels: Sendable {
    /// Who decides which picture is the winner.
    package enum Winner: String, Sendable, CaseIterable {
        /// The higher score; an exact tie goes to the second picture, as in the public code.
        case reward
        /// The human label; W is negative where the scores disagree.
        case human
    }

    /// One labelled pair.
    package struct Label: Sendable, Equatable {
        /// The pair's index in the data set.
        package let index: Int
        /// The winner.
        package let winner: PairSide
        /// Scores of the winner and the loser.
        package let scores: (winner: Float, loser: Float)
        /// W = 2α − γ.
        package let weight: Float

        /// Equal numbers.
        package static func == (a: Label, b: Label) -> Bool {
            a.index == b.index && a.winner == b.winner && a.scores == b.scores && a.weight == b.weight
        }
    }

    /// The pairs that are used, in data order.
    package let labels: [Label]
    /// The smallest and largest score, given or found.
    package let scoreRange: ClosedRange<Double>
    /// Pairs left out because the human label is a tie.
    package let droppedTies: Int

    /// A data set that cannot be labelled.
    package struct Unusable: Error, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    /// Labels `dataset`. Pairs without scores take the human labels as scores. Throws `Unusable` when some pairs have
    /// scores and others none, when nothing is left, or when all scores are equal. Without γ the labels are plain: W is 1.
    package init(
        _ dataset: any PreferenceDataset, winner: Winner, dropsTies: Bool, gamma: Float?,
        scoreRange given: (low: Double?, high: Double?)
    ) throws {
        let items = (0..<dataset.count).map { dataset.item(at: $0) }
        let scored = items.count { $0.score0 != nil }
        guard scored == 0 || scored == items.count else {
            throw Unusable(
                description: "\(scored) of \(items.count) pairs have scores: expected all or none; "
                    + "score the others or take score_0 and score_1 out")
        }
        func scores(_ item: PairItem) -> (Double, Double) {
            (item.score0 ?? item.label0, item.score1 ?? item.label1)
        }
        let kept = items.indices.filter { !(dropsTies && items[$0].humanWinner == nil) }
        guard !kept.isEmpty else {
            throw Unusable(description: "no pair is left: all \(items.count) human labels are ties")
        }
        let all = kept.flatMap { [scores(items[$0]).0, scores(items[$0]).1] }
        let (low, high) = (given.low ?? all.min()!, given.high ?? all.max()!)
        guard low < high || gamma == nil else {
            throw Unusable(
                description: "the scores' range is empty: min \(low), max \(high); set score_min and score_max")
        }
        let smoothed = gamma.map { SmoothedLabel(scoreRange: low...high, gamma: $0) }
        labels = kept.map { index in
            let item = items[index]
            let (score0, score1) = scores(item)
            let best: PairSide =
                switch winner {
                case .reward: score0 > score1 ? .image0 : .image1
                case .human: item.humanWinner ?? (score0 > score1 ? .image0 : .image1)
                }
            let pair = best == .image0 ? (Float(score0), Float(score1)) : (Float(score1), Float(score0))
            return Label(
                index: index, winner: best, scores: pair, weight: smoothed?.weight(winner: pair.0, loser: pair.1) ?? 1)
        }
        self.scoreRange = low...max(low, high)
        droppedTies = items.count - kept.count
    }

    /// Stands for all labels.
    package var digest: Digest {
        .of(
            .labels,
            .array(
                labels.map {
                    [
                        .integer($0.index), .integer($0.winner.rawValue), .bits($0.scores.winner),
                        .bits($0.scores.loser), .bits($0.weight),
                    ]
                }))
    }
}
