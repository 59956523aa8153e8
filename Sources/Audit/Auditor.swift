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
    /// each replayed step and how many there will be. Throws when the work cannot be done.
    public func audit(
        _ run: String, segment: ClosedRange<Int>? = nil, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> AuditReport {
        do {
            let evidence = try Evidence(run: run, workspace: workspace, keys: keys)
            if let reason = incomparable(evidence) {
                return AuditReport(run: run, verdict: .incomparable, reason: reason)
            }
            if let segment { try SegmentError.check(segment, run: run, steps: evidence.stepCount) }
            let session = try Surroundings(evidence, workspace: workspace).open(engine)
            if let band = try evidence.manifest.inputs.band(file: workspace.manifest(run)) {
                return try replay(evidence, session, within: band, segment, progress)
            }
            var report = try replay(evidence, session, segment, progress)
            if localizes { localize(evidence, &report) }
            return report
        } catch let error as TamperError {
            var report = AuditReport(run: run, verdict: .tampered, reason: error.description)
            report.cause = .tampering
            return report
        } catch let error as MissingObject {
            return AuditReport(run: run, verdict: .incomparable, reason: error.description)
        }
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

    /// A run that ends has as many steps as its recipe says.
    private func requireSteps(_ evidence: Evidence, _ total: Int) throws {
        for (file, outcome) in evidence.outcomes where outcome.steps != total {
            throw TamperError(
                file: file, run: evidence.manifest.run, step: nil, field: "outcome.steps",
                expected: "\(total), as training.steps says", found: "\(outcome.steps)")
        }
    }

    /// The audit of a run that a foreign backend recorded.
    private func replay(
        _ evidence: Evidence, _ session: TrainingSession, within band: Band, _ segment: ClosedRange<Int>?,
        _ progress: (Int, Int) -> Void
    ) throws -> AuditReport {
        try requireSteps(evidence, session.recipe.training.steps)
        var report = AuditReport(run: evidence.manifest.run, verdict: .incomparable)
        (report.steps, report.signers) = (evidence.stepCount, evidence.signers.known)
        report.evidence = evidence.ledger == nil ? [] : ["ledger"]
        if let segment {
            let chain = try evidence.takeUp(session, before: segment.lowerBound, workspace: workspace)
            report.segment = AuditReport.Segment(steps: segment, checkpoint: chain.count)
        }
        try BandAudit(evidence: evidence, session: session, workspace: workspace, band: band)
            .fill(&report, upTo: segment?.upperBound ?? evidence.stepCount, progress: progress)
        return report
    }

    private func replay(
        _ evidence: Evidence, _ session: TrainingSession, _ segment: ClosedRange<Int>?, _ progress: (Int, Int) -> Void
    ) throws -> AuditReport {
        let total = session.recipe.training.steps
        try requireSteps(evidence, total)
        let steps = evidence.stepCount
        var report = AuditReport(run: evidence.manifest.run, verdict: .reproduced)
        report.steps = steps
        report.evidence =
            (evidence.golden == nil ? [] : ["golden log"]) + (evidence.ledger == nil ? [] : ["ledger"])
            // A part inside the run never comes to what the whole run came to.
            + (evidence.outcomes.isEmpty || (segment?.upperBound ?? total) < total ? [] : ["chain head"])
        report.signers = evidence.signers.known
        var chain = Chain(inputs: session.inputs.digest)
        if let segment {
            chain = try evidence.takeUp(session, before: segment.lowerBound, workspace: workspace)
            report.segment = AuditReport.Segment(steps: segment, checkpoint: chain.count)
        }
        let builder = TraceBuilder(engine: session.trainer.model.engine)
        let last = segment?.upperBound ?? steps
        let first = chain.count + 1
        for step in first...max(first, last) where step <= last {
            if let fault {
                try fault.takeStep(session, observer: builder)
            } else {
                _ = try session.step(observer: builder)
            }
            let found = try builder.finish(session.trainer)
            if evidence.records(of: step).contains(where: { $0 != found.record }) {
                let differences = try evidence.traces(of: step).compactMap {
                    TraceComparison.firstDifference(expected: $0, found: found)
                }
                guard var divergence = differences.first else { preconditionFailure("records differ in no entry") }
                divergence.element = divergence.element ?? element(divergence, builder, evidence)
                report.verdict = .diverged
                report.divergence = divergence
                return report
            }
            builder.clearKept()
            chain.append(found.record.digest)
            report.equalSteps += 1
            progress(step - first + 1, last - first + 1)
        }
        // Inside a run the records are all there is to compare.
        guard last == total || segment == nil else {
            if evidence.records(of: last).isEmpty {
                report.verdict = .incomparable
                report.reason = "no record of step \(last) is there to compare with, only what the whole run came to"
            }
            return report
        }
        report.chainHead = chain.head
        let found = ManifestOutcome(chain: chain, weightsDigest: try session.trainer.weightsDigest())
        if let difference = evidence.outcomeDifference(from: found) {
            report.verdict = .diverged
            report.reason = "\(difference); no record of a step differs"
        }
        return report
    }

    /// The first differing element of a tensor whose recorded values are stored beside the ledger.
    private func element(
        _ divergence: Divergence, _ builder: TraceBuilder, _ evidence: Evidence
    ) -> Divergence.Element? {
        guard
            let kept = builder.kept.first(where: { $0.phase == divergence.phase && $0.name == divergence.tensor }),
            let stored = evidence.storedBits(
                step: divergence.step, phase: divergence.phase, name: divergence.tensor, workspace: workspace)
        else { return nil }
        return TraceComparison.firstElement(
            stored.bits, kept.tensor.floats.map(\.bitPattern), shape: stored.shape)
    }
}
