import Core

/// The judgement on a model's drawings for held-out captions, from `smpo eval --json`.
package struct Drawings: Sendable, Equatable {
    /// Each caption's reward by the judge.
    package var rewards: [Double]
    /// Their median.
    package var median: Double
    /// The mean score of the reward model that labelled the pairs.
    package var score: Double
    /// Shares of captions with the attribute right, in the judge's order, and with all of them right.
    package var attributes: [Double], allRight: Double
    /// Mean pixel value in [−1, 1].
    package var brightness: Double

    /// Mean reward.
    package var reward: Double { rewards.reduce(0, +) / Double(rewards.count) }

    /// The attributes' names.
    package static let attributeNames = ["shape", "size", "colour", "place", "background"]

    /// Reads the output of `smpo eval --json` on one seed. - Throws: `JSONShapeError`.
    package init(evaluation: JSONCursor) throws {
        let model = try evaluation["seeds"][0]["model"]
        rewards = try model["rewards"].elements().map { try $0.double() }
        guard !rewards.isEmpty else { throw try model["rewards"].error(expected: "at least one reward") }
        median = try model["median_reward"].double()
        score = try model["score"].double()
        attributes = try Self.attributeNames.map { try model[$0].double() }
        allRight = try model["all"].double()
        brightness = try model["brightness"].double()
    }
}
