import Core
import Datasets
import Training

/// Two pictures that a model drew for one caption, with what scorer, judge and voter say of them.
struct GeneratedPair {
    /// Its number in the set, from 0.
    let number: Int
    let caption: String
    let images: [Image]
    /// The scorer's, if there is one.
    let scores: [Float]?
    /// The judge's, which no training sees; nil for captions of another world.
    let rewards: [Double]?
    /// A simulated person's vote; nil where the scores are the labels.
    let vote: ShapesVote?

    /// Paths below the set's folder.
    var names: [String] {
        let padded = PaddedNumber.text(number + 1, digits: 6)
        return [0, 1].map { "images/\(padded)-\($0).png" }
    }

    /// The labels: the vote, or the order of the scores.
    var labels: (Double, Double) {
        if let vote { return vote.labels }
        guard let scores, scores[0] != scores[1] else { return ShapesVote.tie.labels }
        return (scores[0] > scores[1] ? ShapesVote.first : .second).labels
    }

    /// The pair's line of `pairs.jsonl`.
    var line: JSONObject {
        var line = JSONObject([
            ("caption", .string(caption)), ("image_0", .string(names[0])), ("image_1", .string(names[1])),
            ("label_0", .decimal(labels.0)), ("label_1", .decimal(labels.1)),
        ])
        if let scores {
            line["score_0"] = .decimal(Double(scores[0]))
            line["score_1"] = .decimal(Double(scores[1]))
        }
        return line
    }
}
