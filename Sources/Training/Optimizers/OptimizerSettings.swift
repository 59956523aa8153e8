import Compute
import Core

/// What does not change of an optimiser during a run, with the keys that it has for itself in a recipe's section
/// `optimizer`. A new optimiser is its file and a line in `Optimizers.all`.
package protocol OptimizerSettings: KeyedSettings {
    /// The name in recipes.
    static var name: String { get }
    /// What the state is called where its memory is listed.
    static var stateName: String { get }
    /// λ, the weight decay.
    var weightDecay: Double { get set }
    /// An optimiser of `parameters` that has not done anything yet.
    func makeOptimizer(_ parameters: [(name: String, parameter: Parameter)]) -> any Optimizer
}

extension OptimizerSettings {
    /// The name in recipes.
    package var name: String { Self.name }
    /// What the state is called where its memory is listed.
    package var stateName: String { Self.stateName }
}

/// The optimisers that recipes may name.
enum Optimizers {
    /// All of them as recipes begin with them, in the order in which they are listed. Their weight decay is the public
    /// codes'.
    static let all: [any OptimizerSettings] = [
        AdamW.Settings(), Adafactor.Settings(weightDecay: 0.01), SGD.Settings(),
    ]
}
