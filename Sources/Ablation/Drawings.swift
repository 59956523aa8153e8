import Digests

/// What a model drew for held-out captions, as `smpo eval --json` tells it.
public struct Drawings: Sendable, Equatable {
    /// Each caption's reward by the judge.
    public var rewards: [Double]
    /// Their median.
    public var median: Double
    /// The mean score of the reward model that labelled the pairs.
    public var score: Double
    /// Shares of captions with the attribute right, in the judge's order, and with all of them right.
    public var attributes: [Double], allRight: Double
    /// Mean pixel value in [−1, 1].
    public var brightness: Double

    /// Mean reward.
    public var reward: Double { rewards.reduce(0, +) / Double(rewards.count) }

    /// The attributes' names.
    public static let attributeNames = ["shape", "size", "colour", "place", "background"]

    /// Reads the output of `smpo eval --json` on one seed. - Throws: `JSONShapeError`.
    public init(evaluation: JSONCursor) throws {
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
