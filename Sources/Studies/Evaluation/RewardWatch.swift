import Compute
import Datasets
import Diffusion
import Training

/// The reward of the model's drawings, measured between the steps of a training.
package struct RewardWatch: RunSpectator {
    /// `reward`.
    package let name = "reward"
    /// The interval, in steps.
    package let every: Int
    private let captions: Int
    private let split: ShapesSplit
    private let steps: Int

    /// Looks after every `every` steps at samples of the first `captions` captions of `split`, drawn in `steps` DDIM
    /// steps.
    package init(every: Int, captions: Int, split: ShapesSplit, steps: Int = 25) {
        (self.every, self.captions, self.split, self.steps) = (every, captions, split, steps)
    }

    /// `mean`, `median`, `all right` and `brightness` as `SampleEvaluation` defines them, from the noise of the run's
    /// seed.
    /// - Throws: `TrainingError.mismatch` for latents, `ShapesError` for pictures of another size.
    package func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)] {
        guard let model = session.model.diffusionModel, !session.trainsLatents else {
            throw TrainingError.mismatch(
                what: "--reward-every", expected: "a model that draws pictures",
                found: session.trainsLatents ? "one of latents" : "a scorer", hint: nil)
        }
        let result = try SampleEvaluation(
            model: model, steps: steps, guidance: 1, eta: 0, engine: session.trainer.model.engine
        ).run(
            Array(split.captions.prefix(captions)), size: session.recipe.data.size, seed: session.recipe.seed)
        return [
            ("mean", result.reward), ("median", result.medianReward), ("all right", result.allRight),
            ("brightness", result.brightness),
        ]
    }
}
