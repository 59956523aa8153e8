import Comparison
import Ledger
import Tensors
import Training

/// Replays a run to its end, also where it differs, and holds every step against its record.
public struct DriftReplay {
    private let evidence: Evidence
    private let workspace: Workspace
    private let session: TrainingSession

    /// What goes wrong in the replay on purpose: a test's, else nothing.
    package var fault: Fault?

    /// Opens the run of `evidence`, to be computed on `engine`. With `recipe` it starts from that and from model and data
    /// as they are now, also where they are not the recorded ones: what a golden run would be if it were recorded today.
    /// - Throws: `TamperError` when model or data are not the recorded ones, unless there is a recipe; errors of opening
    ///   them.
    public init(_ evidence: Evidence, workspace: Workspace, engine: Engine, recipe: Recipe? = nil) throws {
        (self.evidence, self.workspace) = (evidence, workspace)
        guard let recipe else {
            session = try Surroundings(evidence, workspace: workspace).open(engine)
            return
        }
        let workers = engine.pool.workers
        try MemoryPlan(recipe, workers: workers).requireFits(MachineMemory.read(), recipe, workers: workers)
        session = try TrainingSession(recipe: recipe, engine: engine)
    }

    /// What the replay starts from.
    public var inputs: ManifestInputs { session.inputs }

    /// Replays all steps, once. `progress` is told each and how many there will be, and may throw to end it; `trace` is
    /// handed what the replay came to. - Throws: `TamperError`, and what is thrown by those two.
    public func run(
        progress: (Int, Int) throws -> Void = { _, _ in }, trace: (StepTrace) throws -> Void = { _ in }
    ) throws -> Drift {
        let total = session.recipe.training.steps
        var drift = Drift(run: evidence.manifest.run)
        drift.inputs = DocumentDifference.all(evidence.manifest.inputs.json, inputs.json)
        drift.recorded = evidence.outcomes.first?.outcome
        var replay = RunReplay(session, Chain(inputs: inputs.digest), evidence, workspace: workspace, fault: fault)
        for step in 1...total {
            let found = try replay.step()
            try trace(found)
            if let one = try replay.drift(of: found) { drift.steps.append(one) }
            if drift.divergence == nil { drift.divergence = try replay.divergence(of: found) }
            try progress(step, total)
        }
        drift.found = try replay.outcome()
        return drift
    }
}
