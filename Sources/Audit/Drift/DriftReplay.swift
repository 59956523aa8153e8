import Comparison
import Ledger
import Tensors
import Training

/// Replays a run to its end, also where it differs, and holds every step against its record.
public struct DriftReplay {
    private let evidence: Evidence
    private let workspace: Workspace
    private let engine: Engine

    /// The run of `evidence`, computed on `engine`.
    public init(_ evidence: Evidence, workspace: Workspace, engine: Engine) {
        (self.evidence, self.workspace, self.engine) = (evidence, workspace, engine)
    }

    /// Replays all steps of the run. `progress` is told each step and how many there will be, `trace` is handed what the
    /// replay came to. - Throws: `TamperError` when model or data are not the recorded ones, and errors of opening them.
    public func run(
        progress: (Int, Int) -> Void = { _, _ in }, trace: (StepTrace) throws -> Void = { _ in }
    ) throws -> Drift {
        let session = try Surroundings(evidence, workspace: workspace).open(engine)
        let total = session.recipe.training.steps
        var drift = Drift(run: evidence.manifest.run)
        drift.recorded = evidence.outcomes.first?.outcome
        var chain = Chain(inputs: session.inputs.digest)
        let builder = TraceBuilder(keeps: [], engine: session.trainer.model.engine)
        for step in 1...total {
            _ = try session.step(observer: builder)
            let found = try builder.finish(session.trainer)
            chain.append(found.record.digest)
            try trace(found)
            if let expected = try evidence.traces(of: step).first {
                drift.steps.append(StepDrift(expected: expected, found: found))
                if drift.divergence == nil {
                    drift.divergence = TraceComparison.firstDifference(expected: expected, found: found)
                }
            }
            progress(step, total)
        }
        drift.found = ManifestOutcome(chain: chain, weightsDigest: try session.trainer.weightsDigest())
        return drift
    }
}
