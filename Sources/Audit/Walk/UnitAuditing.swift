import Comparison
import Core
import Ledger
import Training

extension Auditor {
    /// Audits `run` by a walk: one pass over the gradients that it kept, through the optimiser, which checks the norm, the
    /// clipping, the update and the weights of every step; on the way the drawn steps are computed whole, and the drawn
    /// lanes by themselves, from the weights that the walk has come to. `seed` is nil for the run's chain head. `progress` is
    /// told each step and how many there are, and may throw to end it.
    /// - Throws: when the work cannot be done; `LaneError` for lanes of a run that has none.
    package func audit(
        _ run: String, drawingSteps steps: Int, lanes: Int, seed: String?,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> UnitReport {
        do {
            // The walk reads what is stored of the steps.
            let run = try open(run, reading: .checkpoints)
            switch try plan(run, drawingSteps: steps, lanes: lanes, seed: seed) {
            case .done(let report): return report
            case .open(let audit):
                let (walk, units) = try walk(run, audit.draw, progress: progress)
                return try audit.report(walk, units)
            }
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return UnitReport(run: run, judgement)
        }
    }

    /// What is known before anything is computed.
    package enum UnitPlan {
        /// There is nothing to compute.
        case done(UnitReport)
        case open(UnitAudit)
    }

    /// The audit that `audit(_:drawingSteps:lanes:seed:progress:)` makes of `run`, to be computed here or elsewhere.
    /// - Throws: as it does.
    package func plan(_ run: Run, drawingSteps steps: Int, lanes: Int, seed: String?) throws -> UnitPlan {
        let recipe = try run.recipe
        if lanes > 0, recipe.training.lanes == 1 { throw LaneError(run: run.name, lanes: 1, lane: 1) }
        let head = run.outcomes.first?.outcome.chainHead
        guard let seed = seed ?? head?.hex else { throw MissingSeed(run: run.name) }
        if let reason = incomparable(run) ?? notWalkable(run, recipe) {
            return .done(UnitReport(run: run.name, .incomparable(reason)))
        }
        let draw = UnitDraw(
            steps: steps, lanes: lanes, ofSteps: run.stepCount, lanesEach: recipe.training.lanes, seed: seed)
        let trained = try run.checkTrainedFolder()
        return .open(
            try UnitAudit(run, draw, seed: seed, unchecked: trained.unchecked.map { "model files: \($0)" }))
    }

    /// The walk of an audit by itself: it leaves the states before the drawn steps in `states`. The file of its result is made of
    /// what it gives, and of the files that it left.
    /// - Throws: when the work cannot be done.
    package func walk(
        _ run: String, drawingSteps steps: Int, lanes: Int, seed: String, leaving states: WalkStates,
        _ progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> (result: WalkResult, contract: String, states: [JSONValue]) {
        do {
            let run = try open(run, reading: .checkpoints)
            let draw = UnitDraw(
                steps: steps, lanes: lanes, ofSteps: run.stepCount, lanesEach: try run.recipe.training.lanes, seed: seed
            )
            let result = try walk(run, draw, leaving: states, progress: progress).result
            return (result, run.manifest.inputs.contract, states.listing(of: draw, run))
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            var result = WalkResult()
            result.ending = .unopened(judgement.verdict, judgement.reason ?? "\(error)")
            return (result, engine.contract.rawValue, [])
        }
    }

    /// Computes a drawn unit by itself, from the state that a walk has left; the others of the run are no matter here.
    /// - Throws: when the work cannot be done; `WalkStates.Unusable`.
    package func audit(
        _ run: String, _ unit: DrawnUnit, from states: WalkStates
    ) throws -> (result: UnitResult, contract: String) {
        do {
            let run = try open(run, reading: .none)
            try SegmentError.check(unit.step...unit.step, run: run.name, steps: run.stepCount)
            let lanes = try run.recipe.training.lanes
            if let lane = unit.lane, lane > lanes { throw LaneError(run: run.name, lanes: lanes, lane: lane) }
            let session = try run.session(on: engine, latents: latents)
            guard try states.restore(before: unit, session, run) else {
                return (
                    UnitResult(unit, .incomparable("the walk left no weights before step \(unit.step)")),
                    session.inputs.contract
                )
            }
            return (try UnitReplay.result(unit, session, of: run), session.inputs.contract)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return (UnitResult(unit, judgement), engine.contract.rawValue)
        }
    }

    private func walk(
        _ run: Run, _ draw: UnitDraw, leaving states: WalkStates? = nil, progress: (Int, Int) throws -> Void
    ) throws -> (result: WalkResult, units: [DrawnUnit: UnitResult]) {
        let session: TrainingSession
        do { session = try run.session(on: engine, latents: latents) } catch {
            guard let judgement = Judgement(error) else { throw error }
            var result = WalkResult()
            result.ending = .unopened(judgement.verdict, judgement.reason ?? "\(error)")
            return (result, [:])
        }
        var walk = GradientWalk(run, session, draw, leaving: states)
        try walk.run(to: run.stepCount, progress: progress)
        var result = walk.result
        result.unchecked = unchecked(session)
        result.contradiction = run.contradiction?.description
        if !engine.isOnHost { result.device = engine.place }
        if result.ending == nil, result.steps == session.recipe.training.steps {
            result.outcome = run.outcome(
                against: try run.chain(upTo: run.stepCount).map {
                    ManifestOutcome(
                        chain: $0, weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
                })
        }
        return (result, walk.units)
    }

    /// Why there is nothing to walk over, or nil.
    private func notWalkable(_ run: Run, _ recipe: Recipe) -> String? {
        if run.manifest.inputs.backend != ManifestInputs.referenceBackend {
            return "a run with a band is audited step by step as it is: smpo audit \(run.name)"
        }
        if run.ledger == nil { return "the run is not in a ledger here, which would have its gradients" }
        return recipe.record.gradients
            ? nil : "the run kept no gradients (record.gradients); without them parts of it are replayed: --sample"
    }

    /// A run without a head, and no seed given.
    package struct MissingSeed: Error, CustomStringConvertible {
        let run: String
        /// The message.
        package var description: String { "\(run) is not finished and has no chain head: expected --seed" }
    }
}
