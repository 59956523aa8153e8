import Comparison
import Core
import Ledger
import Training

/// The pass over a run's kept gradients: each step's state follows from them, and in the drawn units they are computed again.
struct GradientWalk {
    /// Steps done, and those of them that were computed whole; lanes that were computed.
    private(set) var updates = 0, wholeSteps = 0, lanes = 0
    /// What the record does not state of drawn lanes.
    private(set) var unchecked: [String] = []
    private let run: Run
    private let session: TrainingSession
    private let draw: UnitDraw

    /// The walk of `run` from the beginning of `session`, with the units of `draw`.
    init(_ run: Run, _ session: TrainingSession, _ draw: UnitDraw) {
        (self.run, self.session, self.draw) = (run, session, draw)
    }

    /// Does the next step; gives its first difference from its record.
    /// - Throws: `KeptGradients.Missing`, `TamperError` for a gradient that is not the recorded one.
    mutating func step() throws -> Divergence? {
        let step = session.trainer.steps + 1
        let drawn = draw.lanes.filter { $0.step == step }
        if draw.steps.contains(step) {
            let difference = try wholeStep(step)
            guard difference == nil else { return difference }
            (updates, wholeSteps, lanes) = (updates + 1, wholeSteps + 1, lanes + drawn.count)
            return nil
        }
        for lane in drawn {
            let replay = try LaneReplay(lane.lane - 1, session, of: run)
            if let difference = replay.divergence { return difference }
            for missing in replay.unchecked where !unchecked.contains(missing) { unchecked.append(missing) }
            lanes += 1
        }
        let difference = try update(step)
        if difference == nil { updates += 1 }
        return difference
    }

    /// The step computed from its batch on. That the gradients which were kept of it are the recorded ones is seen before.
    private func wholeStep(_ step: Int) throws -> Divergence? {
        let trainer = session.trainer
        if let difference = try KeptGradients(of: step, run).put(into: trainer.model) { return difference }
        for (_, parameter) in trainer.model.parameters { parameter.clearGradient() }
        let builder = TraceBuilder(keeps: [], engine: trainer.model.engine)
        _ = try session.step(observer: builder)
        let found = try builder.finish(trainer)
        return try run.traces(of: step).lazy.compactMap {
            TraceComparison.firstDifference(expected: $0, found: found)
        }.first
    }

    /// The step's update, from the gradients that were kept.
    private func update(_ step: Int) throws -> Divergence? {
        let trainer = session.trainer
        if let difference = try KeptGradients(of: step, run).put(into: trainer.model) { return difference }
        let builder = TraceBuilder(keeps: [], engine: trainer.model.engine)
        trainer.resume(after: step)
        _ = try trainer.applyGradients(observer: builder)
        let found = try builder.finish(trainer)
        return try run.traces(of: step).compactMap {
            try RecordedPart(of: $0, like: found, whole: [.gradient, .update, .weights]).divergence
        }.first
    }
}
