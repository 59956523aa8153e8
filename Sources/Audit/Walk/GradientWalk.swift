import Comparison
import Core
import Ledger
import Training

/// The pass over a run's kept gradients: each step's state follows from them. What the drawn units need of the states is used
/// where the walk comes to it, or left in files for others.
struct GradientWalk {
    /// What came of it so far.
    private(set) var result = WalkResult()
    /// What came of the drawn units, of a walk that leaves no files.
    private(set) var units: [DrawnUnit: UnitResult] = [:]
    private let run: Run
    private let session: TrainingSession
    private let draw: UnitDraw
    private let states: WalkStates?

    /// The walk of `run` from the beginning of `session`, with the units of `draw`, or with files in place of them.
    init(_ run: Run, _ session: TrainingSession, _ draw: UnitDraw, leaving states: WalkStates? = nil) {
        (self.run, self.session, self.draw, self.states) = (run, session, draw, states)
    }

    /// Goes to the end, or to the first difference, and tells `progress` each step and how many there are.
    /// - Throws: what stands in the way of the work; what evidence gives a verdict ends the walk and is its result.
    mutating func run(to last: Int, progress: (Int, Int) throws -> Void) throws {
        var drawn = Dictionary(grouping: draw.units, by: \.step)
        while result.steps < last {
            do {
                guard try step(drawn.removeValue(forKey: result.steps + 1) ?? []) else { return }
            } catch let error as KeptGradients.Missing {
                result.ending = .missing(error.description)
                return
            } catch {
                guard let judgement = Judgement(error) else { throw error }
                result.ending = .judged(judgement.verdict, judgement.reason ?? "\(error)")
                return
            }
            result.steps += 1
            try progress(result.steps, last)
        }
    }

    /// Does the next step; gives whether it came out.
    private mutating func step(_ drawn: [DrawnUnit]) throws -> Bool {
        let step = session.trainer.steps + 1
        if let states, !drawn.isEmpty {
            try states.leave(session.trainer, whole: drawn.contains { $0.lane == nil })
        } else {
            for unit in drawn {
                if unit.lane == nil {
                    guard try takeGradients(of: step) else { return false }
                    for (_, parameter) in session.trainer.model.parameters { parameter.clearGradient() }
                }
                let found = try UnitReplay.result(unit, session, of: run)
                units[unit] = found
                if found.divergence != nil { return false }
                // It has taken the walk on.
                if unit.lane == nil { return true }
            }
        }
        guard try takeGradients(of: step) else { return false }
        if let difference = try update(step) {
            result.ending = .update(difference)
            return false
        }
        return true
    }

    /// Puts the step's kept gradients into the parameters; gives whether all are finite.
    private mutating func takeGradients(of step: Int) throws -> Bool {
        guard let difference = try KeptGradients(of: step, run).put(into: session.trainer.model) else { return true }
        result.ending = .gradient(difference)
        return false
    }

    /// The step's update from the gradients that the parameters have; its first difference from the record.
    private func update(_ step: Int) throws -> Divergence? {
        let trainer = session.trainer
        let builder = TraceBuilder(keeps: [], engine: trainer.model.engine)
        trainer.resume(after: step)
        _ = try trainer.applyGradients(observer: builder)
        let found = try builder.finish(trainer)
        return try run.traces(of: step).compactMap {
            try RecordedPart(of: $0, like: found, whole: [.gradient, .update, .weights]).divergence
        }.first
    }
}
