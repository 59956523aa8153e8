import Core
import Preferences

/// What is said of a model's drawings for held-out captions, from `smpo eval --json`.
package struct Drawings: Sendable, Equatable {
    /// A judge's opinion.
    package struct Judgement: Sendable, Equatable {
        /// The reward model's name in commands; `reward` of the rules of the shapes world.
        package var judge: String
        /// What it says of each caption's picture, in its own unit.
        package var values: [Double]

        /// Mean value.
        package var mean: Double { values.reduce(0, +) / Double(values.count) }
        /// Median: of an even number the mean of the middle two.
        package var median: Double { ScoreSummary(values).median }
    }

    /// What the rules of the shapes world say besides.
    package struct ShapesFigures: Sendable, Equatable {
        /// The mean score of the reward model that labelled the pairs.
        package var score: Double
        /// Shares of captions with the attribute right, in the judge's order, and with all of them right.
        package var attributes: [Double], allRight: Double
        /// Mean pixel value in [−1, 1].
        package var brightness: Double
        /// The median reward, as it was said.
        package var median: Double

        /// The attributes' names.
        package static let attributeNames = ["shape", "size", "colour", "place", "background"]
    }

    /// The judges' opinions. By the first one is tuned.
    package var judgements: [Judgement]
    /// Of the shapes world.
    package var shapes: ShapesFigures?
    /// Of reward models: the digest over prompts, pictures, scores and protocol.
    package var digest: String?

    /// The first judge's mean.
    package var reward: Double { judgements[0].mean }
    /// The first judge's value of each caption.
    package var rewards: [Double] { judgements[0].values }

    /// Reads the output of `smpo eval --json`: of one seed of the shapes world or, with `--prompts`, of the last model.
    /// - Throws: `JSONShapeError`.
    package init(evaluation: JSONCursor) throws {
        guard let models = try evaluation["models"].present else {
            let model = try evaluation["seeds"][0]["model"]
            let rewards = try model["rewards"].elements().map { try $0.double() }
            guard !rewards.isEmpty else { throw try model["rewards"].error(expected: "at least one reward") }
            judgements = [Judgement(judge: "reward", values: rewards)]
            shapes = ShapesFigures(
                score: try model["score"].double(),
                attributes: try ShapesFigures.attributeNames.map { try model[$0].double() },
                allRight: try model["all"].double(), brightness: try model["brightness"].double(),
                median: try model["median_reward"].double())
            return
        }
        guard let model = try models.elements().last else { throw models.error(expected: "a model") }
        judgements = try model["scores"].elements().map { reward in
            let values = try reward["scores"].elements().map { try $0.double() }
            guard !values.isEmpty else { throw try reward["scores"].error(expected: "at least one score") }
            return Judgement(judge: try reward["reward"].string(), values: values)
        }
        digest = try evaluation["digest"].present?.string()
        guard !judgements.isEmpty else { throw try model["scores"].error(expected: "a reward model's scores") }
    }
}
