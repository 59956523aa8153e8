import Digests
import Ledger
import Tensors
import Training

/// What a golden run would be if it were recorded today: replayed to its end from the recipe as it is now, and kept in
/// `.smpo/review/RUN/` if it is not what it was, so that it can be accepted.
public struct GoldenReview {
    /// Where runs live.
    public let workspace: Workspace
    /// What computes.
    public let engine: Engine
    /// What is noted in the replacement's manifest and not allowed to matter.
    public let circumstances: ManifestCircumstances

    /// What goes wrong in the replay on purpose: a test's, else nothing.
    package var fault: Fault?

    /// Reviews of the golden runs of `workspace`.
    public init(workspace: Workspace, engine: Engine, circumstances: ManifestCircumstances) {
        (self.workspace, self.engine, self.circumstances) = (workspace, engine, circumstances)
    }

    /// Replays `run`, with the recipe that its policy names, else the recorded one. `progress` is told each step and how
    /// many there will be, and may throw to end it; nothing is kept then, nor without `keeps`. - Throws: `TamperError`
    /// when the golden run itself does not hold, and errors of reading recipe, model and data.
    public func review(
        _ run: String, keeps: Bool = true, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> Drift {
        let evidence = try Evidence(run: run, workspace: workspace)
        let policy = try GoldenPolicy.read("\(workspace.golden(run))/\(GoldenPolicy.fileName)")
        let recorded = JSONCursor(
            evidence.manifest.inputs.recipe, name: "inputs.recipe", file: workspace.manifest(run))
        let recipe = try policy.recipe?.read(root: workspace.root) ?? Recipe(json: recorded)
        var replay = try DriftReplay(evidence, workspace: workspace, engine: engine, recipe: recipe)
        replay.fault = fault
        guard keeps else { return try replay.run(progress: progress) }
        let replacement = GoldenReplacement(run, in: workspace)
        try replacement.remove()
        var drift = Drift(run: run)
        try GoldenLog.write(folder: replacement.folder, run: run, inputs: replay.inputs) { append in
            drift = try replay.run(progress: progress, trace: append)
        } manifest: {
            Manifest(run: run, inputs: replay.inputs, circumstances: circumstances, outcome: drift.found)
        }
        if drift.kind == nil && drift.heads.recorded == drift.heads.found {
            try replacement.remove()
        } else {
            try replacement.note(drift)
        }
        return drift
    }
}
