/// One run of an arm: on which pairs, by which seed, how it is tuned, and on which captions it is judged.
public struct AblationRun: Sendable, Equatable {
    /// The arm's name.
    public var arm: String
    /// The pairs' name.
    public var pairs: String
    /// The seed of pairs, votes, order and noise.
    public var seed: UInt64
    /// The learning rate.
    public var rate: Double
    /// What the arm's β is multiplied by.
    public var betaFactor: Double
    /// Keys that a sweep sets.
    public var overrides: [String]
    /// Whether it is a tuning run, judged on validation captions.
    public var isTuning: Bool

    /// One run.
    public init(
        arm: String, pairs: String, seed: UInt64, rate: Double, betaFactor: Double, overrides: [String] = [],
        isTuning: Bool = false
    ) {
        self.arm = arm
        self.pairs = pairs
        self.seed = seed
        self.rate = rate
        self.betaFactor = betaFactor
        self.overrides = overrides
        self.isTuning = isTuning
    }
}
