import Compute
import Core
import Ledger

/// A recipe brought to life: model, data, trainer. Recording and auditing run the same session.
package final class TrainingSession {
    /// What is run.
    package let recipe: Recipe
    /// The step after step machine.
    package let trainer: Trainer
    /// Where batches come from.
    package let batches: BatchSource
    /// The model that is trained, as the folder it is written to.
    package let model: RunModel
    /// The data.
    package let data: RunData
    /// The latents of the data's pictures, where the model has an autoencoder.
    package let latents: SessionLatents?
    /// Whether the model is trained on latents, made of the data or elsewhere.
    package var trainsLatents: Bool { latents != nil || recipe.data.isLatent }
    /// How many captions and pictures are not taken whole, or not as they lie in their files.
    package let inputNotes: InputNotes
    /// All that determines the run's bits.
    package let inputs: ManifestInputs
    /// Within what a replay on the reference backend counts as this run; a part of the inputs. Nil for a run that is
    /// replayed bit by bit, or not at all.
    package let band: Band?

    /// Opens everything the recipe names. It computes on the recipe's backend, or on `backend` when a replay takes
    /// another, with the instruction set and the workers of `engine`. Latents of pictures are found or made as `latents` says.
    /// Sums of lanes wait in memory, or with `keepsLanesInFile` in a file below `.smpo`; that changes no bit.
    /// With `checksKept` digests of data that are kept are made anew. Steps are done together with `ranks`.
    /// Throws with the file, key or tensor at fault, or `BandMisfit`.
    package init(
        recipe: Recipe, engine: Engine, band: Band? = nil, backend: Backend? = nil,
        latents: LatentSetUse = LatentSetUse(), checksKept: Bool = false,
        keepsLanesInFile: Bool = false, ranks: TrainingRanks = TrainingRanks()
    ) throws {
        let influences = engine.on(recipe.backend).outsideInfluences
        let engine = engine.on(backend ?? recipe.backend)
        self.recipe = recipe
        self.band = band
        let opened = try RunData(recipe, checksKept: checksKept, scores: latents.scores(by: engine))
        let scratch = keepsLanesInFile ? try LaneScratch(in: LaneScratch.folder()) : nil
        let parts =
            recipe.objective.kind.trainsScorer
            ? try SessionParts(scoring: recipe, opened, engine, scratch, ranks)
            : try SessionParts(denoising: recipe, opened, engine, latents, scratch, ranks)
        (model, data, self.latents) = (parts.model, parts.data, parts.latents)
        let trained = parts.task.trained
        inputNotes = TrainingSession.notes(data, parts.model)
        var inputs = ManifestInputs(
            contract: engine.contract.rawValue, backend: recipe.backend.rawValue, recipe: recipe.json,
            seed: recipe.seed,
            streams: Dictionary(
                uniqueKeysWithValues: (recipe.streams + (parts.latents == nil ? [] : [.latentNoise])).map {
                    ($0.name, UInt64($0.rawValue))
                }),
            digests: parts.digests, other: influences)
        try band?.requireFit(recipe, inputs: inputs, parameters: trained.parameters.map(\.name))
        inputs.other[Band.member] = band?.json
        self.inputs = inputs
        trainer = Trainer(parts.task, by: recipe)
        batches = BatchSource(items: data.items, settings: parts.settings, model: parts.model, engine: engine)
    }

    /// What `data` says of its pictures, and how many of its captions `model` cuts.
    private static func notes(_ data: RunData, _ model: RunModel) -> InputNotes {
        var notes = data.inputNotes
        notes.add(InputNotes(captions: data.captions, isCut: model.cuts))
        return notes
    }

    /// Runs the next step.
    package func step(observer: (any StepObserver)?) throws -> StepLosses {
        try trainer.step(try batches.batch(trainer.steps + 1), observer: observer)
    }

    /// Runs all steps, of which nothing is recorded, until `shouldStop` says so after one.
    /// - Returns: whether all are done.
    package func trainUnrecorded(onStep: (Int, StepLosses) -> Void, shouldStop: () -> Bool) throws -> Bool {
        while trainer.steps < recipe.training.steps {
            if try trainer.ranks.any(shouldStop()) { return false }
            let losses = try step(observer: nil)
            if !trainer.ranks.isAlone { try trainer.ranks.requireSameWeights(trainer) }
            onStep(trainer.steps, losses)
        }
        return true
    }

    /// The digests of the files that a finished run hands over, by their paths below the model's folder. The weights
    /// in the trainer stay what they are.
    package func fileDigests() throws -> [String: Digest] {
        guard trainer.average != nil else { return try model.pipeline.fileDigests() }
        let parameters = trainer.model.parameters.map(\.parameter)
        let weights = parameters.map(\.value)
        defer { for (parameter, value) in zip(parameters, weights) { parameter.replace(with: value) } }
        useAverage()
        return try model.pipeline.fileDigests()
    }

    /// Puts the moving average, if there is one, into the model: what a finished run hands over.
    package func useAverage() {
        guard let average = trainer.average else { return }
        for (parameter, average) in zip(trainer.model.parameters, average.tensors) {
            parameter.parameter.replace(with: average.tensor)
        }
    }
}
