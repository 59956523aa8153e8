import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Training

/// One step of a run, to be run again and again from the state before it, with every operator watched.
///
/// The state is that of a checkpoint where one was made after the step before; else the steps up to there are replayed
/// once and the state is put into a temporary file, which goes with this object.
final class StepReplay {
    /// The result of one replay of the step.
    struct Result {
        /// Digests of the operators' inputs and outputs.
        let operators: OperatorTrace
        /// The step's trace.
        let trace: StepTrace
        /// The results of the operator that was to be kept.
        let outputs: [Tensor]
    }

    /// The step.
    let step: Int
    private let run: Run
    private var state: String?
    private var temporary: String?

    /// Prepares step `step` of a run, on `engine` as far as steps before it are replayed.
    init(_ run: Run, step: Int, engine: Engine) throws {
        self.run = run
        self.step = step
        guard step > 1 else { return }
        let checkpoint = try run.checkpoints().last { $0.step < step }
        if let checkpoint, checkpoint.step == step - 1 {
            state = try run.open(checkpoint, on: engine).path
            return
        }
        let session = try run.session(on: engine)
        _ = try run.takeUp(session, before: step)
        var (steps, replay) = (
            UncomparedSteps(session: session), Replay(Judgement.Facts(demanded: step - 1, last: step - 1))
        )
        try replay.run(&steps)
        let path = FileManager.default.temporaryDirectory.appending(path: "smpo-step-\(UUID().uuidString)").path
        temporary = path
        try AtomicFile.write(to: path) { file in
            try TrainingCheckpoint.stream(session.trainer) { try file.append($0) }
        }
        state = path
    }

    deinit { if let temporary { try? FileContents.remove([temporary]) } }

    /// Runs the step on `engine`; with `kept` the results of one operator are copied.
    func run(_ engine: Engine, keeping kept: OperatorTracer.Place? = nil) throws -> Result {
        let session = try run.session(on: engine)
        if let state { try TrainingCheckpoint.restore(Checkpoint(safetensors: state), into: session.trainer) }
        let builder = TraceBuilder(keeps: [], engine: session.trainer.model.engine)
        let tracer = OperatorTracer(session.trainer, keeping: kept)
        _ = try tracer.watch { try session.step(observer: builder) }
        return Result(operators: tracer.take(), trace: try builder.finish(session.trainer), outputs: tracer.outputs)
    }
}
