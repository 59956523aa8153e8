import Compute
import Core
import Diffusion
import Ledger
import TinyRuns
import Training

/// The recording of a run that keeps its gradients, in which something goes wrong in one step; all digests and links hold.
struct ForgedWalk {
    enum Wrong: String, CaseIterable { case nothing, gradient, laneRoot, update, keptGradient }

    let wrong: Wrong, step: Int, lane: Int

    init(_ wrong: Wrong, step: Int, lane: Int) { (self.wrong, self.step, self.lane) = (wrong, step, lane) }

    /// Hands everything on, and changes the root of a lane of a step.
    private final class Forger: StepObserver {
        let builder: TraceBuilder, lane: Int
        var forges = false

        init(_ engine: Engine, lane: Int) {
            builder = TraceBuilder(keeps: [.inversion, .gradient], engine: engine)
            self.lane = lane
        }

        func observe(_ phase: Phase, _ entry: TraceEntry) {
            let key = Entries.Gradient.lanes[LaneName(lane)]
            builder.observe(phase, forges && entry.name == key.name ? key(Digest.of(.document, "forged")) : entry)
        }

        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) { builder.observe(key, tensor) }

        func observe(_ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]) {
            builder.observe(keys, tensors)
        }

        func observeInversion(items: Range<Int>, move: Int, _ step: Diffusion.InversionStep) {
            builder.observeInversion(items: items, move: move, step)
        }

        func willUpdate() { builder.willUpdate() }
    }

    /// Records the run of `session` to its end.
    func record(_ session: TrainingSession, in workspace: Workspace, as name: String) throws {
        let recording = RunRecording(
            session: session, workspace: workspace, circumstances: RecordedRun.circumstances)
        if wrong == .nothing {
            _ = try recording.record(
                name: name, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
            return
        }
        let recorder = try workspace.openLedger().createRun(
            inputs: session.inputs, circumstances: RecordedRun.circumstances, name: name)
        try recorder.record(session.data.ledgerItems)
        let forger = Forger(session.trainer.model.engine, lane: lane)
        let trained = session.trainer.model.parameters[0].parameter
        func flip(_ tensor: Tensor?) {
            tensor?.changeValues { $0[0] = Float(bitPattern: $0[0].bitPattern ^ 1 << 10) }
        }
        for number in 1...session.recipe.training.steps {
            forger.forges = number == step && wrong == .laneRoot
            _ = try session.trainer.computeGradients(try session.batches.batch(number), observer: forger)
            if number == step, wrong == .gradient { flip(trained.gradient) }
            _ = try session.trainer.applyGradients(observer: forger)
            if number == step, wrong == .update { flip(trained.value) }
            if number == step, wrong == .keptGradient {
                flip(forger.builder.kept.first { $0.phase == .gradient }?.tensor)
            }
            try recording.commit(forger.builder, to: recorder)
        }
        let manifest = try recorder.finish(
            weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
        try manifest.write(to: workspace.manifest(name))
    }
}
