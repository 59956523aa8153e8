import Comparison
import Ledger
import Training

/// The computation of a drawn unit from the state before its step, held against the step's record.
enum UnitReplay {
    /// Computes `unit`, of the step after those that `session` has done. A lane leaves the trainer there, a whole step after it.
    /// - Throws: what stands in the way; `TrainingError.nonFinite` when a number runs away.
    static func result(_ unit: DrawnUnit, _ session: TrainingSession, of run: Run) throws -> UnitResult {
        if let lane = unit.lane {
            let replay = try LaneReplay(lane - 1, session, of: run)
            return UnitResult(unit, replay.divergence, unchecked: replay.unchecked)
        }
        let trainer = session.trainer
        let builder = TraceBuilder(keeps: [], engine: trainer.model.engine)
        _ = try session.step(observer: builder)
        let found = try builder.finish(trainer)
        return UnitResult(
            unit,
            try run.traces(of: unit.step).lazy.compactMap {
                TraceComparison.firstDifference(expected: $0, found: found)
            }.first)
    }
}
