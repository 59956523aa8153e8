import Comparison
import Compute
import Core
import Ledger
import Training

/// A golden run as it would be recorded today: replayed to its end from the recipe as it is now, and kept in
/// `.smpo/review/RUN/` if it is not what it was, so that it can be accepted.
package struct GoldenReview {
    package let workspace: Workspace
    package let engine: Engine
    /// Circumstances for the replacement's manifest, which must not matter.
    package let circumstances: ManifestCircumstances

    /// A fault that a test puts into the replay; else nil.
    package var fault: Fault?

    /// Reviews of the golden runs of `workspace`.
    package init(workspace: Workspace, engine: Engine, circumstances: ManifestCircumstances) {
        self.workspace = workspace
        self.engine = engine
        self.circumstances = circumstances
    }

    /// The result of a review.
    package struct Outcome: Sendable {
        /// The differences of the golden run and its replay.
        package let drift: Drift
        /// Whether the golden run is what it would be today.
        package let judgement: Judgement

        /// Machine-readable form: that of the drift, with the verdict.
        package var json: JSONValue {
            guard case .object(var object) = drift.json else { return drift.json }
            object["verdict"] = .string(judgement.verdict.rawValue)
            object["reason"] = judgement.reason.map { .string($0) }
            return .object(object)
        }
    }

    /// Replays `run`, with the recipe that its policy names, else the recorded one. `progress` is told each step and
    /// how many there will be, and may throw to end it; nothing is kept then, nor without `keeps`. - Throws:
    /// `TamperError` when the golden run itself does not hold, and errors of reading recipe, model and data.
    package func review(
        _ run: String, keeps: Bool = true, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> Outcome {
        let golden = try Run(run, in: workspace)
        let (session, source) = try open(golden)
        guard keeps else { return try replay(golden, session, progress: progress) }
        let replacement = GoldenReplacement(run, in: workspace)
        try replacement.remove()
        var finding: Outcome?
        try GoldenLog.write(folder: replacement.folder, run: run, inputs: session.inputs) { append in
            finding = try replay(golden, session, progress: progress, trace: append)
        } manifest: {
            Manifest(
                run: run, inputs: session.inputs, circumstances: circumstances.noting(source),
                outcome: finding?.drift.found)
        }
        guard let finding else { preconditionFailure("no replay was made") }
        if finding.judgement.verdict.isPass {
            try replacement.remove()
        } else {
            try replacement.note(finding.drift)
        }
        return finding
    }

    /// Opens the run by its recipe, from model and data as they are now, also where they are not the recorded ones.
    /// The recipe's file, as far as it is known, is given too.
    private func open(_ run: Run) throws -> (TrainingSession, source: RecipeSource?) {
        let policy = try GoldenPolicy.read("\(workspace.golden(run.name))/\(GoldenPolicy.fileName)")
        let source = try policy.recipe ?? run.manifest.recipeSource()
        let recipe = try policy.recipe?.read(root: workspace.root) ?? run.recipe
        let workers = engine.pool.workers
        try MemoryPlan(recipe, workers: workers, makesLatents: true)
            .requireFits(MachineMemory.read(), recipe, workers: workers)
        return (try TrainingSession(recipe: recipe, engine: engine, latents: LatentSetUse(.makeAgain)), source)
    }

    private func replay(
        _ run: Run, _ session: TrainingSession, progress: (Int, Int) throws -> Void,
        trace: (StepTrace) throws -> Void = { _ in }
    ) throws -> Outcome {
        let total = session.recipe.training.steps
        let inputs = DocumentDifference.all(run.manifest.inputs.json, session.inputs.json)
        var facts = Judgement.Facts(demanded: total, last: total)
        facts.changedInputs = inputs.map(\.path)
        facts.contracts = run.difference(from: engine.contract)
        facts.contradiction = run.contradiction?.description
        var (steps, replay) = (
            ComputedSteps(session, after: Chain(inputs: session.inputs.digest), run, fault: fault),
            Replay(facts, .through)
        )
        try replay.run(&steps, progress: progress, trace: trace)
        let found = try steps.outcome()
        replay.facts.outcome = run.outcome(against: found)
        var drift = replay.drift(of: run, found: found)
        drift.inputs = inputs
        return Outcome(drift: drift, judgement: Judgement(replay.facts))
    }
}
