import Compute
import Datasets
import Diffusion
import Preferences
import Training

/// The policy's accuracy on held-out pairs, measured between the steps of a training.
package struct Validation: RunSpectator {
    /// `validation`.
    package let name = "validation"
    /// The interval, in steps.
    package let every: Int
    private let pairs: Int

    /// Looks after every `every` steps at `pairs` pairs of the built-in world that no training sees.
    package init(every: Int, pairs: Int) { (self.every, self.pairs) = (every, pairs) }

    /// `accuracy` and `margin` as `PreferenceEvaluation` defines them, the noisy pictures by forward noising, seed 1;
    /// of a scorer `accuracy` and `votes`, as `ScorerEvaluation` defines them.
    /// - Throws: `TrainingError.mismatch` for a recipe without a reference, or of other data than the built-in shapes.
    package func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)] {
        let recipe = session.recipe
        if case .scorer(let scorer) = session.model, case .shapes = recipe.data.source {
            return try look(at: scorer, size: recipe.data.size, engine: session.trainer.model.engine)
        }
        guard case .shapes = recipe.data.source, !session.trainsLatents,
            let model = session.trainer.task.denoising?.model,
            let folder = session.model.diffusionModel, let reference = model.reference
        else {
            throw TrainingError.mismatch(
                what: "--validate-every", expected: "a preference objective with a reference, on data.kind: shapes",
                found: session.trainsLatents ? "latents" : recipe.objective.name,
                hint: "there are no held-out pairs of other data")
        }
        let world = try ShapesWorld(seed: 1_000_003, side: recipe.data.size, split: .test)
        let dataset = ShapesDataset(world: world, count: pairs)
        let labels = try PairLabels(
            dataset, winner: .reward, dropsTies: false, gamma: Float(recipe.objective.gamma), scoreRange: (nil, nil))
        let evaluation = PreferenceEvaluation(
            policy: Denoiser(unet: model.policy, schedule: model.schedule, engine: model.engine),
            reference: Denoiser(unet: reference, schedule: model.schedule, engine: model.engine),
            model: folder, recipe: recipe)
        let result = try evaluation.run(dataset, labels, seed: 1, noising: .forward)
        return [("accuracy", result.accuracy), ("margin", result.margin)]
    }

    /// How many pairs a scorer orders as the generator's scores (`accuracy`) and as the votes (`votes`) do.
    private func look(
        at scorer: PickScore, size: Int, engine: Engine
    ) throws -> [(measure: String, value: Double)] {
        let world = try ShapesWorld(seed: 1_000_003, side: size, split: .test)
        let result = try ScorerEvaluation(scorer: scorer, engine: engine).pairs(
            ShapesDataset(world: world, count: pairs))
        return [("accuracy", result.scoreAccuracy), ("votes", result.voteAccuracy)]
    }
}
