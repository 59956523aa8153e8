/// How the noisy picture comes about.
public enum Noising: String, Sendable {
    /// x_t = √ā·x₀ + √(1−ā)·n with fresh noise; the target is n.
    case forward
    /// x̃_t by inverting x₀ with the policy; the target is τ.
    case inversion
}

/// The errors of one item of a batch: m = mean over c, h, w of (target − prediction)², the winner's before the loser's.
public struct ItemErrors: Sendable {
    /// The policy's.
    public let model: [Float]
    /// The reference's, or empty.
    public let reference: [Float]
    /// The item's coefficient W.
    public let weight: Float

    /// Errors of the policy and the reference, and the coefficient W.
    public init(model: [Float], reference: [Float], weight: Float) {
        self.model = model
        self.reference = reference
        self.weight = weight
    }
}

/// What an objective makes of one item.
public struct ItemLoss: Sendable, Equatable {
    /// The loss before the mean over the batch.
    public let value: Float
    /// ∂loss/∂m for each of the item's model errors.
    public let gradient: [Float]
    /// The logit that was compared, where there is one; its sign says whether the policy prefers the winner.
    public let inside: Float?
    /// (m_w − m_l) − (r_w − r_l), where there is one.
    public let difference: Float?
}

/// A training objective, written over an item's errors.
public protocol Objective: Sendable {
    /// The name in recipes.
    var name: String { get }
    /// Pictures an item has: 2 for a pair.
    var samplesPerItem: Int { get }
    /// Whether a frozen reference is asked too.
    var usesReference: Bool { get }
    /// How the noisy picture comes about.
    var noising: Noising { get }
    /// The loss of one item and its gradient.
    func loss(_ item: ItemErrors) -> ItemLoss
}
