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
    /// The item's coefficient W; for single pictures that people judged, 1 for a good one and −1 for a bad one.
    public let weight: Float
    /// K, what all items of the batch are held against; 0 for objectives without.
    public let kl: Float

    /// Errors of the policy and the reference, the coefficient W, and K.
    public init(model: [Float], reference: [Float], weight: Float, kl: Float = 0) {
        self.model = model
        self.reference = reference
        self.weight = weight
        self.kl = kl
    }

    /// The same errors, held against `kl`.
    public func against(kl: Float) -> ItemErrors {
        ItemErrors(model: model, reference: reference, weight: weight, kl: kl)
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
    /// What the logit is made of, where there is one: (m_w − m_l) − (r_w − r_l), or what the objective has in its place.
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
    /// Which errors K is taken from.
    var klSource: KLSource { get }
    /// K from the errors of `klSource`, in the batch's order.
    func kl(_ items: [ItemErrors]) -> Float
    /// The loss of one item and its gradient, in which K is a constant.
    func loss(_ item: ItemErrors) -> ItemLoss
}

extension Objective {
    /// None, unless an objective says otherwise.
    public var klSource: KLSource { .none }
    /// 0, unless an objective says otherwise.
    public func kl(_ items: [ItemErrors]) -> Float { 0 }
}
