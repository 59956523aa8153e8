import Core

/// The keys that one objective has for itself in a recipe's section `objective`, and what they make.
package protocol ObjectiveSettings: KeyedSettings {
    /// The objective over pictures of `elements` numbers; nil for one that is no function of a network's errors.
    func makeObjective(beta: Float, elements: Int) -> (any Objective)?
    /// Share of good pictures, for single pictures that people judged; nil for objectives of other items.
    var positiveRatio: Double? { get }
    /// The key, with its value, that pairs with a coefficient do not go with; nil where they do.
    var plainOnly: String? { get }
    /// The key for which a batch is computed at once; nil where its items are independent.
    var wholeBatch: String? { get }
}

extension ObjectiveSettings {
    /// None, unless an objective says otherwise.
    package var positiveRatio: Double? { nil }
    /// Nothing, unless an objective says otherwise.
    package var plainOnly: String? { nil }
    /// Nothing, unless an objective says otherwise.
    package var wholeBatch: String? { nil }
}
