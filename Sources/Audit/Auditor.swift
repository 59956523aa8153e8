import Comparison
import Compute
import Core
import Ledger
import Training

/// Checks a run: integrity first, then a replay through the trainer that made it, every phase of every step compared.
package struct Auditor {
    package let workspace: Workspace
    package let engine: Engine

    /// Keys whose signatures count.
    package let keys: [VerifyingKey]
    /// Whether a run that none of them has signed cannot be compared.
    package let requiresSignature: Bool

    /// Whether a diverged step is run again, to name the operator that differs.
    package let localizes: Bool

    /// Where the latents of pictures are found, and whether they are made again; nil for those of the workspace, made where
    /// they are not there.
    package var latents: LatentSetUse?

    /// What the run has to be; nil where nobody has looked at it before.
    package var expected: ExpectedRun?

    /// A fault that the self-test puts into the replay; else nil.
    package var fault: Fault?

    /// An auditor of the runs in `workspace`.
    package init(
        workspace: Workspace, engine: Engine, keys: [VerifyingKey] = [], requiresSignature: Bool = false,
        localizes: Bool = true
    ) {
        self.localizes = localizes
        self.workspace = workspace
        self.engine = engine
        self.keys = keys
        self.requiresSignature = requiresSignature
    }

    /// Reads a run's evidence, and of what is stored what `objects` says. - Throws: as `Run`; `OtherRun`.
    func open(_ name: String, reading objects: ObjectScope = .all) throws -> Run {
        let run = try Run(name, in: workspace, keys: keys, reading: objects)
        try expected?.require(run)
        return run
    }

    /// Audits `run`, or only the steps of `segment`, replayed from the last checkpoint before them. `progress` is told
    /// each replayed step and how many there will be, and may throw to end it. Throws when the work cannot be done.
    package func audit(
        _ run: String, segment: ClosedRange<Int>? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> AuditReport {
        try audit(run, AuditScope(segment: segment), progress: progress)
    }

    /// Audits `run` as far as `scope` says; `trace` is handed every step that was computed, not within a band.
    package func audit(
        _ run: String, _ scope: AuditScope, progress: (Int, Int) throws -> Void = { _, _ in },
        trace: (StepTrace) throws -> Void = { _ in }
    ) throws -> AuditReport {
        do {
            let own = scope.readsOwnObjects ? scope.segment.map { ObjectScope.segment($0) } : nil
            return try audit(try open(run, reading: own ?? .all), scope, progress, trace)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            var report = AuditReport(run: run, judgement)
            if judgement.verdict == .tampered { report.cause = .tampering }
            return report
        }
    }

    private func audit(
        _ run: Run, _ scope: AuditScope, _ progress: (Int, Int) throws -> Void,
        _ trace: (StepTrace) throws -> Void
    ) throws -> AuditReport {
        if let reason = incomparable(run) { return AuditReport(run: run.name, .incomparable(reason)) }
        if let segment = scope.segment { try SegmentError.check(segment, run: run.name, steps: run.stepCount) }
        let trained = scope.leavesModel ? nil : try run.checkTrainedFolder()
        var report = AuditReport(run: run.name, .incomparable("nothing was replayed"))
        (report.trained, report.unchecked) = (trained?.holds, trained?.unchecked.map { "model files: \($0)" } ?? [])
        if run.unreadObjects > 0 {
            report.unchecked.append(
                "objects of other steps: \(run.unreadObjects) were not read; smpo verify \(run.name) reads them all")
        }
        (report.steps, report.signers) = (run.stepCount, run.signers.known)
        let session: TrainingSession
        do { session = try run.session(on: engine, latents: latents) } catch let error as OtherLatents {
            // Every record of the run begins with the digest of its latents.
            (report.judgement, report.evidence) = (.diverged(error), run.sources.map(\.evidence))
            return report
        }
        report.unchecked += unchecked(session)
        report.contract = session.inputs.contract
        if !engine.isOnHost { report.device = engine.place }
        var chain = Chain(inputs: session.inputs.digest)
        if let segment = scope.segment {
            chain = try run.takeUp(session, before: segment.lowerBound)
            report.segment = AuditReport.Segment(steps: segment, checkpoint: chain.count)
        }
        var facts = Judgement.Facts(
            demanded: session.recipe.training.steps, first: scope.segment?.lowerBound ?? 1,
            last: scope.segment?.upperBound ?? report.steps)
        facts.contradiction = run.contradiction?.description
        if let band = try run.manifest.inputs.band(file: workspace.manifest(run.name)) {
            facts.isBanded = true
            var steps = BandedSteps(run, session, band: band)
            try replay(run, &steps, facts, &report, progress)
        } else {
            var steps = ComputedSteps(session, after: chain, run, fault: fault)
            try replay(run, &steps, facts, scope, &report, progress, trace)
            if localizes { localize(run, &report) }
        }
        return report
    }

    /// What of a run's latents and scores was not looked at.
    func unchecked(_ session: TrainingSession) -> [String] {
        var found: [String] = []
        if let latents = session.latents {
            if !latents.isOwn {
                found.append(
                    "latents: \(latents.set.folder) was read, as its digests say; that these are the pictures' latents: "
                        + "smpo data encode --check, or --remake-latents")
            }
        } else if latents?.mode == .makeAgain {
            found.append("latents: the run has none that were made of pictures, so that none were made again")
        }
        if let scores = session.data.rewardScores, scores.areRead, let folder = scores.folder {
            found.append(
                "scores: \(folder) was read, as its digest says; that these are the reward model's scores: --remake-latents"
            )
        }
        return found
    }

    /// The replay of a run of the reference backend, bit by bit.
    private func replay(
        _ run: Run, _ steps: inout ComputedSteps, _ facts: Judgement.Facts, _ scope: AuditScope,
        _ report: inout AuditReport, _ progress: (Int, Int) throws -> Void, _ trace: (StepTrace) throws -> Void
    ) throws {
        var replay = Replay(facts, scope.goesThrough ? .through : .toFirstDifference, budget: scope.budget)
        try replay.run(&steps, progress: progress, trace: trace)
        let found = steps.done == facts.demanded ? try steps.outcome() : nil
        replay.facts.outcome = run.outcome(against: found)
        if replay.isCut {
            report.segment = AuditReport.Segment(
                steps: facts.first...replay.facts.last, checkpoint: steps.done - replay.count)
        }
        // A part inside the run never reaches the outcome of the whole.
        let isEnd = replay.facts.last == facts.demanded
        report.evidence =
            run.sources.map(\.evidence) + (run.outcomes.isEmpty || !isEnd ? [] : [.chainHead])
        if scope.goesThrough { report.drift = replay.drift(of: run, found: found) }
        report.take(replay)
        if report.segment == nil || isEnd, report.divergence == nil { report.chainHead = steps.chain.head }
    }

    /// The replay of a run that a foreign backend recorded, within its band.
    private func replay(
        _ run: Run, _ steps: inout BandedSteps, _ facts: Judgement.Facts, _ report: inout AuditReport,
        _ progress: (Int, Int) throws -> Void
    ) throws {
        var replay = Replay(facts)
        do {
            try replay.run(&steps, progress: progress)
            let isEnd = replay.facts.difference == nil && steps.done == facts.demanded
            // The outcome of a whole run must be that of the recorded steps and of the weights that they have led to.
            let found = isEnd ? try steps.outcome() : nil
            if isEnd, found == nil { replay.facts.obstacle = "the records of some steps are missing" }
            replay.facts.outcome = run.outcome(against: found)
            report.chainHead = found?.chainHead
        } catch let error as RecordedStep.Missing {
            replay.facts.obstacle = error.description
        }
        report.evidence = run.ledger == nil ? [] : [.ledger]
        report.band = steps.findings
        report.take(replay)
    }

    /// Looks for the operator at which a diverged step goes another way. What stands in the way is told, not thrown:
    /// the verdict does not depend on it.
    private func localize(_ run: Run, _ report: inout AuditReport) {
        guard let divergence = report.divergence else { return }
        do {
            let finding = try Localizer(run: run, engine: engine).find(step: divergence.step)
            (report.operators, report.cause, report.notes) = (finding.divergence, finding.cause, finding.notes)
        } catch {
            report.notes.append("no operator is named: \(error)")
        }
    }

    /// The reason why the run cannot be compared at all, or nil.
    package func incomparable(_ run: Run) -> String? {
        let inputs = run.manifest.inputs
        if requiresSignature && run.signers.known.isEmpty {
            return run.missingSignature
        }
        if let difference = run.difference(from: engine.contract) { return difference.description }
        if inputs.backend != ManifestInputs.referenceBackend, inputs.other[Band.member] == nil {
            return "the run was recorded on the backend \(inputs.backend), whose bits are those of one machine; only "
                + "\(ManifestInputs.referenceBackend) runs are replayed bit by bit. To compare this one, its manifest "
                + "would need a band, fixed before the audit, and there is none"
        }
        if run.outcomes.isEmpty && (run.ledger ?? []).isEmpty {
            return "neither a golden log nor a step in the ledger nor an outcome says what the run should come to"
        }
        return nil
    }
}

extension AuditReport {
    /// Takes in what a replay has found, and the judgement on it.
    fileprivate mutating func take(_ replay: Replay) {
        (divergence, equalSteps) = (replay.facts.difference, replay.equalSteps)
        judgement = Judgement(replay.facts)
    }
}
