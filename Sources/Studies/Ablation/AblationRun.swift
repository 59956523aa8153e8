/// One run of an arm: on which pairs, by which seed, how it is tuned, and on which captions it is judged.
package struct AblationRun: Sendable, Equatable {
    /// The purpose of a run.
    package enum Purpose: Sendable {
        /// To choose an arm's setting, by validation captions.
        case tuning
        /// A row of the main table: judged along the way too, and audited.
        case table
        /// A row of a sweep or of a condition.
        case variation
    }

    /// The arm's name.
    package var arm: String
    /// The pairs' name.
    package var pairs: String
    /// The seed of pairs, votes, order and noise.
    package var seed: UInt64
    /// The learning rate.
    package var rate: Double
    /// The factor on the arm's β.
    package var betaFactor: Double
    /// Keys that a sweep sets.
    package var overrides: [String]
    /// Its purpose.
    package var purpose: Purpose

    /// One run.
    package init(
        arm: String, pairs: String, seed: UInt64, rate: Double, betaFactor: Double, overrides: [String] = [],
        purpose: Purpose = .table
    ) {
        self.arm = arm
        self.pairs = pairs
        self.seed = seed
        self.rate = rate
        self.betaFactor = betaFactor
        self.overrides = overrides
        self.purpose = purpose
    }
}
