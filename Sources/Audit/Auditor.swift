import Comparison
import Digests
import Ledger
import Tensors
import Training

/// Checks a run: integrity first, then a replay through the trainer that made it, every phase of every step compared.
public struct Auditor {
    /// Where runs live.
    public let workspace: Workspace
    /// What computes.
    public let engine: Engine

    /// Keys whose signatures count.
    public let keys: [VerifyingKey]
    /// Whether a run that none of them has signed cannot be compared.
    public let requiresSignature: Bool

    /// Whether a diverged step is run again, to name the operator that differs.
    public let localizes: Bool

    /// What goes wrong in the replay on purpose: the self-test's, else nothing.
    package var fault: Fault?

    /// An auditor of the runs in `workspace`.
    public init(
        workspace: Workspace, engine: Engine, keys: [VerifyingKey] = [], requiresSignature: Bool = false,
        localizes: Bool = true
    ) {
        self.localizes = localizes
        self.workspace = workspace
        self.engine = engine
        self.keys = keys
        self.requiresSignature = requiresSignature
    }

    /// Audits `run`, or only the steps of `segment`, replayed from the last checkpoint before them. `progress` is told
    /// each replayed step and how many there will be, and may throw to end it. Throws when the work cannot be done.
    public func audit(
        _ run: String, segment: ClosedRange<Int>? = nil, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> AuditReport {
        try audit(run, AuditScope(segment: segment), progress: progress)
    }

    /// Audits `run` as far as `scope` says; `trace` is handed every step that was computed, not within a band.
    public func audit(
        _ run: String, _ scope: AuditScope, progress: (Int, Int) throws -> Void = { _, _ in },
        trace: (StepTrace) throws -> Void = { _ in }
    ) throws -> AuditReport {
        do {
            return try audit(try Evidence(run: run, workspace: workspace, keys: keys), scope, progress, trace)
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            var report = AuditReport(run: run, judgement)
            if judgement.verdict == .tampered { report.cause = .tampering }
            return report
        }
    }

    private func audit(
        _ evidence: Evidence, _ scope: AuditScope, _ progress: (Int, Int) throws -> Void,
        _ trace: (StepTrace) throws -> Void
    ) throws -> AuditReport {
        let run = evidence.manifest.run
        if let reason = incomparable(evidence) { return AuditReport(run: run, .incomparable(reason)) }
        if let segment = scope.segment { try SegmentError.check(segment, run: run, steps: evidence.stepCount) }
        let session = try Surroundings(evidence, workspace: workspace).open(engine)
        if let band = try evidence.manifest.inputs.band(file: workspace.manifest(run)) {
            return try replay(evidence, session, within: band, scope.segment, progress)
        }
        var report = try replay(evidence, session, scope, progress, trace)
        if localizes { localize(evidence, &report) }
        return report
    }

    /// Looks for the operator at which a diverged step goes another way. What stands in the way is told, not thrown:
    /// the verdict does not depend on it.
    private func localize(_ evidence: Evidence, _ report: inout AuditReport) {
        guard let divergence = report.divergence else { return }
        do {
            let finding = try Localizer(evidence: evidence, workspace: workspace, engine: engine)
                .find(step: divergence.step)
            (report.operators, report.cause, report.notes) = (finding.divergence, finding.cause, finding.notes)
        } catch {
            report.notes.append("no operator is named: \(error)")
        }
    }

    /// Why the run cannot be compared at all, or nil.
    public func incomparable(_ evidence: Evidence) -> String? {
        let inputs = evidence.manifest.inputs
        if requiresSignature && evidence.signers.known.isEmpty {
            return evidence.missingSignature(workspace.attestations(evidence.manifest.run))
        }
        if inputs.contract != ManifestInputs.currentContract {
            return "the run was recorded under contract \(inputs.contract); this program computes by "
                + ManifestInputs.currentContract
        }
        if inputs.backend != ManifestInputs.referenceBackend, inputs.other[Band.member] == nil {
            return "the run was recorded on the backend \(inputs.backend), whose bits are those of one machine; only "
                + "\(ManifestInputs.referenceBackend) runs are replayed bit by bit. To compare this one, its manifest "
                + "would need a band, fixed before the audit, and there is none"
        }
        if evidence.outcomes.isEmpty && (evidence.ledger ?? []).isEmpty {
            return "neither a golden log nor a step in the ledger nor an outcome says what the run should come to"
        }
        return nil
    }

    /// The audit of a run that a foreign backend recorded.
    private func replay(
        _ evidence: Evidence, _ session: TrainingSession, within band: Band, _ segment: ClosedRange<Int>?,
        _ progress: (Int, Int) throws -> Void
    ) throws -> AuditReport {
        var report = AuditReport(run: evidence.manifest.run, .incomparable("nothing was replayed"))
        (report.steps, report.signers) = (evidence.stepCount, evidence.signers.known)
        report.evidence = evidence.ledger == nil ? [] : [.ledger]
        if let segment {
            let chain = try evidence.takeUp(session, before: segment.lowerBound, workspace: workspace)
            report.segment = AuditReport.Segment(steps: segment, checkpoint: chain.count)
        }
        var facts = Judgement.Facts(
            demanded: session.recipe.training.steps, first: segment?.lowerBound ?? 1,
            last: segment?.upperBound ?? evidence.stepCount)
        facts.contradiction = evidence.contradiction?.description
        try BandAudit(evidence: evidence, session: session, workspace: workspace, band: band)
            .fill(&report, &facts, progress: progress)
        return report
    }

    private func replay(
        _ evidence: Evidence, _ session: TrainingSession, _ scope: AuditScope,
        _ progress: (Int, Int) throws -> Void, _ trace: (StepTrace) throws -> Void
    ) throws -> AuditReport {
        let total = session.recipe.training.steps
        var report = AuditReport(run: evidence.manifest.run, .incomparable("nothing was replayed"))
        report.steps = evidence.stepCount
        report.signers = evidence.signers.known
        var chain = Chain(inputs: session.inputs.digest)
        if let segment = scope.segment {
            chain = try evidence.takeUp(session, before: segment.lowerBound, workspace: workspace)
            report.segment = AuditReport.Segment(steps: segment, checkpoint: chain.count)
        }
        var run = RunReplay(session, chain, evidence, workspace: workspace, fault: fault)
        if scope.goesThrough {
            report.drift = Drift(run: report.run)
            report.drift?.recorded = evidence.outcomes.first?.outcome
        }
        var facts = Judgement.Facts(
            demanded: total, first: scope.segment?.lowerBound ?? 1, last: scope.segment?.upperBound ?? report.steps)
        facts.contradiction = evidence.contradiction?.description
        try replay(&run, scope, &facts, &report, progress, trace)
        // A part inside the run never comes to what the whole run came to.
        let isEnd = facts.last == total
        report.evidence =
            (evidence.golden == nil ? [] : [.goldenLog]) + (evidence.ledger == nil ? [] : [.ledger])
            + (evidence.outcomes.isEmpty || !isEnd ? [] : [.chainHead])
        if run.chain.count == total {
            let found = try run.outcome()
            report.drift?.found = found
            facts.outcome = evidence.outcome(against: found)
        } else if evidence.outcomes.isEmpty {
            facts.outcome = .notStated
        }
        report.judgement = Judgement(facts)
        if report.segment == nil || isEnd, report.divergence == nil { report.chainHead = run.chain.head }
        return report
    }

    /// Replays the steps up to the last one into the report: to the first difference, unless the scope says through, and
    /// no longer than its budget.
    private func replay(
        _ run: inout RunReplay, _ scope: AuditScope, _ facts: inout Judgement.Facts, _ report: inout AuditReport,
        _ progress: (Int, Int) throws -> Void, _ trace: (StepTrace) throws -> Void
    ) throws {
        let (begin, first, last) = (ContinuousClock.now, run.chain.count + 1, facts.last)
        for step in first...max(first, last) where step <= last {
            let stepBegin = ContinuousClock.now
            let found = try run.step()
            try trace(found)
            if step >= facts.first, run.isRecorded(step) { facts.compared += 1 }
            if let drift = report.drift == nil ? nil : try run.drift(of: found) { report.drift?.steps.append(drift) }
            if report.divergence == nil {
                facts.difference = try run.divergence(of: found)
                report.divergence = facts.difference
                report.drift?.divergence = facts.difference
            }
            if report.divergence == nil { report.equalSteps += 1 }
            if report.divergence != nil && !scope.goesThrough { return }
            try progress(step - first + 1, last - first + 1)
            let (spent, ofStep) = (ContinuousClock.now - begin, ContinuousClock.now - stepBegin)
            if let budget = scope.budget, facts.first <= step, step < last, spent + ofStep > budget {
                report.segment = AuditReport.Segment(steps: facts.first...step, checkpoint: first - 1)
                facts.last = step
                return
            }
        }
    }
}
