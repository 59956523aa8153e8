import Compute
import Diffusion
import Preferences

/// The scorer that a run trains: both towers, projections and scale.
package final class TrainedScorer: TrainableModel {
    /// The towers.
    package let clip: CLIPModel
    /// How pictures are made ready.
    package let processor: CLIPImageProcessor
    /// What computes.
    package let engine: Engine
    /// All parameters, with `clip/` before their names.
    package let parameters: [(name: String, parameter: Parameter)]

    /// All are trained.
    package var weights: [(name: String, parameter: Parameter)] { parameters }

    /// Marks the parameters of `clip` trainable.
    package init(_ clip: CLIPModel, processor: CLIPImageProcessor, engine: Engine) {
        engine.place(clip.parameters)
        self.clip = clip
        self.processor = processor
        self.engine = engine
        parameters = clip.parameters.map { ("clip/" + $0.name, $0) }
        for (_, parameter) in parameters { parameter.isTrainable = true }
    }
}
