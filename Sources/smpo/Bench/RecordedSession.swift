import Compute
import Ledger
import Training

/// A session that is recorded step by step, with a clock on what recording takes.
struct RecordedSession {
    private let session: TrainingSession
    private let recording: RunRecording
    private let recorder: RunRecorder
    private let builder: TraceBuilder
    private let tracer: OperatorTracer?

    /// What computes.
    var engine: Engine { session.trainer.model.engine }

    /// A new run of `recipe` in `workspace`, recorded at `level`.
    init(_ recipe: Recipe, _ level: RecordLevel, _ workspace: Workspace, _ engine: Engine) throws {
        session = try TrainingSession(recipe: recipe, engine: engine)
        recording = RunRecording(
            session: session, workspace: workspace, circumstances: Circumstances.of(engine), level: level)
        recorder = try workspace.openLedger().createRun(
            inputs: session.inputs, circumstances: recording.circumstances, level: level)
        builder = TraceBuilder(keeps: Phase.kept(latents: recipe.record.latents, forBand: false), engine: engine)
        tracer = level >= .operators ? OperatorTracer(session.trainer) : nil
    }

    /// Runs and records the next step; gives it, and the seconds spent on digests, the ledger and the objects. What
    /// watching the operators takes is not among them: it is spent all over the step. `onChange` hears when recording has
    /// its turn, and when it no longer has.
    func step(onChange: ((_ isRecording: Bool) -> Void)? = nil) throws -> (trace: StepTrace, recording: Double) {
        let clock = ObservationClock(builder, onChange: onChange)
        if let tracer {
            _ = try tracer.watch { try session.step(observer: clock) }
        } else {
            _ = try session.step(observer: clock)
        }
        let trace = try clock.time { try recording.commit(builder, operators: tracer?.take(), to: recorder) }
        return (trace, clock.spent / .seconds(1))
    }

    /// Ends the run.
    func interrupt() throws { try recorder.interrupt() }
}
