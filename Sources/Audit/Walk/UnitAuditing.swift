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
            return try walk(try Run(run, in: workspace, keys: keys), steps, lanes, seed, progress)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return UnitReport(run: run, judgement)
        }
    }

    private func walk(
        _ run: Run, _ steps: Int, _ lanes: Int, _ seed: String?, _ progress: (Int, Int) throws -> Void
    ) throws -> UnitReport {
        let recipe = try run.recipe
        if lanes > 0, recipe.training.lanes == 1 { throw LaneError(run: run.name, lanes: 1, lane: 1) }
        let head = run.outcomes.first?.outcome.chainHead
        guard let seed = seed ?? head?.hex else { throw MissingSeed(run: run.name) }
        if let reason = incomparable(run) ?? notWalkable(run, recipe) {
            return UnitReport(run: run.name, .incomparable(reason))
        }
        let trained = try run.checkTrainedFolder()
        var report = UnitReport(run: run.name, .incomparable("nothing was replayed"))
        let session: TrainingSession
        do { session = try run.session(on: engine, latents: latents) } catch let error as OtherLatents {
            (report.judgement, report.evidence) = (.diverged(error), run.sources.map(\.evidence))
            return report
        }
        let draw = UnitDraw(
            steps: steps, lanes: lanes, ofSteps: run.stepCount, lanesEach: recipe.training.lanes, seed: seed)
        (report.draw, report.seed, report.contract) = (draw, seed, session.inputs.contract)
        report.evidence = run.sources.map(\.evidence)
        report.unchecked =
            trained.unchecked.map { "model files: \($0)" } + unchecked(session) + report.outside
        if !engine.isOnHost { report.device = engine.place }
        var facts = Judgement.Facts(demanded: recipe.training.steps, last: run.stepCount)
        facts.contradiction = run.contradiction?.description
        var walk = GradientWalk(run, session, draw)
        while session.trainer.steps < run.stepCount, facts.difference == nil {
            do { facts.difference = try walk.step() } catch let error as KeptGradients.Missing {
                facts.obstacle = error.description
                break
            }
            facts.compared += 1
            try progress(session.trainer.steps, run.stepCount)
        }
        if facts.difference == nil, facts.obstacle == nil, session.trainer.steps == recipe.training.steps {
            facts.outcome = run.outcome(
                against: try run.chain(upTo: run.stepCount).map {
                    ManifestOutcome(
                        chain: $0, weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
                })
        }
        (report.updates, report.wholeSteps, report.lanes) = (walk.updates, walk.wholeSteps, walk.lanes)
        report.unchecked += walk.unchecked
        (report.divergence, report.judgement) = (facts.difference, Judgement(facts))
        return report
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
