import Compute
import Preferences

/// The scorer that a run trains: both towers, projections and scale.
package final class TrainedScorer: TrainableModel {
    /// The scorer. Its `digest` is that of the weights before the training.
    package let scorer: PickScore
    /// What computes.
    package let engine: Engine
    /// All parameters, with `clip/` before their names.
    package let parameters: [(name: String, parameter: Parameter)]

    /// All are trained.
    package var weights: [(name: String, parameter: Parameter)] { parameters }

    /// Marks the parameters of `scorer` trainable.
    package init(_ scorer: PickScore, engine: Engine) {
        self.scorer = scorer
        self.engine = engine
        parameters = scorer.model.parameters.map { ("clip/" + $0.name, $0) }
        for (_, parameter) in parameters { parameter.isTrainable = true }
    }
}
