/// How the noisy picture comes about.
package enum Noising: String, Sendable {
    /// x_t = √ā·x₀ + √(1−ā)·n with fresh noise; the target is n.
    case forward
    /// x̃_t by inverting x₀ with the policy; the target is τ.
    case inversion
}

/// The errors of one item of a batch: m = mean over c, h, w of (target − prediction)², the winner's before the loser's.
package struct ItemErrors: Sendable {
    /// The policy's.
    package let model: [Float]
    /// The reference's, or empty.
    package let reference: [Float]
    /// The item's coefficient W; for single pictures that people judged, 1 for a good one and −1 for a bad one.
    package let weight: Float
    /// K, what all items of the batch are held against; 0 for objectives without.
    package let kl: Float

    /// Errors of the policy and the reference, the coefficient W, and K.
    package init(model: [Float], reference: [Float], weight: Float, kl: Float = 0) {
        self.model = model
        self.reference = reference
        self.weight = weight
        self.kl = kl
    }

    /// The same errors, held against `kl`.
    package func against(kl: Float) -> ItemErrors {
        ItemErrors(model: model, reference: reference, weight: weight, kl: kl)
    }
}

/// What an objective makes of one item.
package struct ItemLoss: Sendable, Equatable {
    /// The loss before the mean over the batch.
    package let value: Float
    /// ∂loss/∂m for each of the item's model errors.
    package let gradient: [Float]
    /// The logit that was compared, where there is one; its sign says whether the policy prefers the winner.
    package let logit: Float?
    /// What the logit is made of, where there is one: (m_w − m_l) − (r_w − r_l), or what the objective has in its place.
    package let difference: Float?
}

/// A training objective, written over an item's errors.
package protocol Objective: Sendable {
    /// What recipes say of it, and what follows for every run.
    static var kind: ObjectiveKind { get }
    /// Which errors K is taken from.
    var klSource: KLSource { get }
    /// K from the errors of `klSource`, in the batch's order.
    func kl(_ items: [ItemErrors]) -> Float
    /// The loss of one item and its gradient, in which K is a constant.
    func loss(_ item: ItemErrors) -> ItemLoss
}

extension Objective {
    /// What recipes say of it.
    package var kind: ObjectiveKind { Self.kind }
    /// Pictures an item has: 2 for a pair.
    package var samplesPerItem: Int { kind.samplesPerItem }
    /// Whether a frozen reference is asked too.
    package var usesReference: Bool { kind.usesReference }
    /// How the noisy picture comes about.
    package var noising: Noising { kind.noising ?? .forward }
    /// None, unless an objective says otherwise.
    package var klSource: KLSource { .none }
    /// 0, unless an objective says otherwise.
    package func kl(_ items: [ItemErrors]) -> Float { 0 }
}
