/// What an objective states of itself once and for all, before any key of it is read. A new objective is its file and a
/// line in `all`.
package struct ObjectiveKind: Sendable {
    /// Whether pairs have the smoothed label's coefficient W rather than 1.
    package enum Weights: Sendable {
        /// Always.
        case always
        /// Where the recipe gives a γ.
        case withGamma
        /// Never.
        case never
    }

    /// All objectives, in the order in which they are listed.
    package static let all = [
        SmPO.kind, SupervisedFineTuning.kind, DPO.kind, KTO.kind, MaPO.kind, InPO.kind, PickScoreLoss.kind,
    ]

    /// The name in recipes.
    package let name: String
    /// What it is, in one line.
    package let summary: String
    /// Its own keys, as they are where nothing is given.
    package let settings: any ObjectiveSettings
    /// Pictures an item has: 2 for a pair.
    package let samplesPerItem: Int
    /// Whether a frozen reference is asked too.
    package let usesReference: Bool
    /// How the noisy picture comes about; nil for an objective that trains a scorer, on clean ones.
    package let noising: Noising?
    /// β where none is given; nil for an objective that takes none.
    package let beta: Double?
    /// Whether pairs are weighted.
    package let weights: Weights
    /// Whether fresh noise is added after each move of an inversion.
    package let addsNoise: Bool
    /// Whether it takes any captioned pictures, not only pairs of them, and may train the text encoder: it makes a base.
    package let makesBase: Bool

    /// All of it.
    package init(
        _ name: String, _ summary: String, settings: any ObjectiveSettings, samplesPerItem: Int = 2,
        usesReference: Bool, noising: Noising?, beta: Double?, weights: Weights = .never, addsNoise: Bool = false,
        makesBase: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.settings = settings
        self.samplesPerItem = samplesPerItem
        self.usesReference = usesReference
        self.noising = noising
        self.beta = beta
        self.weights = weights
        self.addsNoise = addsNoise
        self.makesBase = makesBase
    }

    /// Whether it trains a scorer rather than a diffusion model.
    package var trainsScorer: Bool { noising == nil }
}
