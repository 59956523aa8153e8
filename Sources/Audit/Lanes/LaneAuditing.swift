import Core
import Ledger
import Training

extension Auditor {
    /// Audits lane `lane`, from 1, of step `step` of `run`: from the weights before the step, which are those of the checkpoint
    /// after the step before, or come of the steps since the last one, done again and compared. `progress` is told these
    /// steps and how many there are, and may throw to end it.
    /// - Throws: when the work cannot be done; `SegmentError` and `LaneError` for a step or lane that there is not.
    package func audit(
        _ run: String, step: Int, lane: Int, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> LaneReport {
        do {
            return try audit(try open(run), step, lane, progress)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return LaneReport(run: run, step: step, lane: lane, lanes: 0, judgement)
        }
    }

    private func audit(
        _ run: Run, _ step: Int, _ lane: Int, _ progress: (Int, Int) throws -> Void
    ) throws -> LaneReport {
        try SegmentError.check(step...step, run: run.name, steps: run.stepCount)
        let lanes = try run.recipe.training.lanes
        guard lanes > 1, (1...lanes).contains(lane) else { throw LaneError(run: run.name, lanes: lanes, lane: lane) }
        let reason = incomparable(run) ?? (run.records(of: step).isEmpty ? "no record of step \(step) is there" : nil)
        var report = LaneReport(
            run: run.name, step: step, lane: lane, lanes: lanes, .incomparable(reason ?? "nothing was replayed"))
        if reason != nil { return report }
        let session: TrainingSession
        do { session = try run.session(on: engine, latents: latents) } catch let error as OtherLatents {
            (report.judgement, report.evidence) = (.diverged(error), run.sources.map(\.evidence))
            return report
        }
        (report.contract, report.evidence) = (session.inputs.contract, run.sources.map(\.evidence))
        if !engine.isOnHost { report.device = engine.place }
        report.itemCount = session.recipe.training.pairsPerStep
        report.items = LaneTree(lanes: lanes).items(of: lane - 1, among: report.itemCount)
        let chain = try run.takeUp(session, before: step)
        report.checkpoint = chain.count
        var before = Replay(
            Judgement.Facts(demanded: session.recipe.training.steps, first: chain.count + 1, last: step - 1))
        if chain.count < step - 1 {
            var steps = ComputedSteps(session, after: chain, run, fault: fault)
            try before.run(&steps, progress: progress)
        }
        var facts = Judgement.Facts(demanded: session.recipe.training.steps, first: step, last: step)
        facts.contradiction = run.contradiction?.description
        if let difference = before.facts.difference {
            facts.difference = difference
        } else {
            let replay = try LaneReplay(lane - 1, session, of: run)
            (facts.difference, facts.compared) = (replay.divergence, 1)
            (report.entries, report.tensors, report.unchecked) = (replay.entries, replay.tensors, replay.unchecked)
        }
        report.unchecked += unchecked(session)
        report.unchecked += LaneReport.outside(lane, of: lanes, step: step, checkpoint: chain.count)
        (report.divergence, report.judgement) = (facts.difference, Judgement(facts))
        return report
    }
}

extension LaneReport {
    /// What an audit of one lane does not look at.
    static func outside(_ lane: Int, of lanes: Int, step: Int, checkpoint: Int) -> [String] {
        var found = [
            "the other \(lanes - 1) lanes of step \(step), their sum, its norm and the update",
            "the model that the run has handed over",
        ]
        if checkpoint > 0 {
            found.append("the steps up to \(checkpoint): the checkpoint after them is what the record says")
        }
        return found
    }
}
