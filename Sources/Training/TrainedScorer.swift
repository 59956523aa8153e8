import Autodiff
import Preferences
import Tensors

/// The scorer that a run trains: both towers, projections and scale.
public final class TrainedScorer: TrainableModel {
    /// The scorer. Its `digest` is that of the weights before the training.
    public let scorer: PickScore
    /// What computes.
    public let engine: Engine
    /// All parameters, with `clip/` before their names.
    public let parameters: [(name: String, parameter: Parameter)]

    /// Marks the parameters of `scorer` trainable.
    public init(_ scorer: PickScore, engine: Engine) {
        self.scorer = scorer
        self.engine = engine
        parameters = scorer.model.parameters.map { ("clip/" + $0.name, $0) }
        for (_, parameter) in parameters { parameter.isTrainable = true }
    }
}
