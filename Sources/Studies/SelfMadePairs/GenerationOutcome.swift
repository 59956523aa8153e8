import Core
import Datasets
import Training

extension PairGeneration {
    /// The outcome of a generation: the set's digest, and the noise of its labels.
    package struct Outcome: Sendable, Equatable {
        /// Stands for the set in manifests.
        package internal(set) var digest = Digest.sha256([])
        /// Pairs.
        package private(set) var pairs = 0
        /// Pairs whose label is a tie.
        package private(set) var ties = 0
        /// Labels that are no tie, of pairs that the judge does not find equal.
        package private(set) var judged = 0
        /// Those of them that agree with the judge.
        package private(set) var rightLabels = 0
        /// Pairs whose scores are in the judge's order, of those that differ in both.
        package private(set) var rightScores = 0
        /// Pairs that differ in score and for the judge.
        package private(set) var scored = 0

        /// Pictures that were kept from before rather than drawn.
        package internal(set) var kept = 0

        mutating func count(_ pair: GeneratedPair) {
            pairs += 1
            if pair.labels.0 == 0.5 { ties += 1 }
            guard let rewards = pair.rewards, rewards[0] != rewards[1] else { return }
            let firstIsBetter = rewards[0] > rewards[1]
            if pair.labels.0 != 0.5 {
                judged += 1
                if (pair.labels.0 == 1) == firstIsBetter { rightLabels += 1 }
            }
            if let scores = pair.scores, scores[0] != scores[1] {
                scored += 1
                if (scores[0] > scores[1]) == firstIsBetter { rightScores += 1 }
            }
        }

        /// The outcome as `generation.json` holds it.
        package var json: JSONValue {
            [
                "data_digest": .digest(digest), "pairs": .integer(pairs), "ties": .integer(ties),
                "labels_judged": .integer(judged), "labels_right": .integer(rightLabels),
                "scores_judged": .integer(scored), "scores_right": .integer(rightScores),
            ]
        }
    }
}
