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

    /// An auditor of the runs in `workspace`.
    public init(workspace: Workspace, engine: Engine) {
        self.workspace = workspace
        self.engine = engine
    }

    /// Audits `run`. `progress` is told each replayed step. Throws when the work cannot be done.
    public func audit(_ run: String, progress: (Int, Int) -> Void = { _, _ in }) throws -> AuditReport {
        do {
            let evidence = try Evidence(run: run, workspace: workspace)
            if let reason = incomparable(evidence) {
                return AuditReport(run: run, verdict: .incomparable, reason: reason)
            }
            let session = try Surroundings(evidence, workspace: workspace).open(engine)
            return try replay(evidence, session, progress)
        } catch let error as TamperError {
            return AuditReport(run: run, verdict: .tampered, reason: error.description)
        } catch let error as MissingObject {
            return AuditReport(run: run, verdict: .incomparable, reason: error.description)
        }
    }

    /// Why the run cannot be compared at all, or nil.
    private func incomparable(_ evidence: Evidence) -> String? {
        let inputs = evidence.manifest.inputs
        if inputs.contract != ManifestInputs.currentContract {
            return "the run was recorded under contract \(inputs.contract); this program computes by "
                + ManifestInputs.currentContract
        }
        if inputs.backend != ManifestInputs.referenceBackend {
            return "the run was recorded on the backend \(inputs.backend), whose bits are those of one machine; only "
                + "\(ManifestInputs.referenceBackend) runs are replayed bit by bit. To compare this one, its manifest "
                + "would need a band, fixed before the audit, and there is none"
        }
        if evidence.outcomes.isEmpty && (evidence.ledger ?? []).isEmpty {
            return "neither a golden log nor a step in the ledger nor an outcome says what the run should come to"
        }
        return nil
    }

    private func replay(
        _ evidence: Evidence, _ session: TrainingSession, _ progress: (Int, Int) -> Void
    ) throws -> AuditReport {
        let total = session.recipe.training.steps
        for (file, outcome) in evidence.outcomes where outcome.steps != total {
            throw TamperError(
                file: file, run: evidence.manifest.run, step: nil, field: "outcome.steps",
                expected: "\(total), as training.steps says", found: "\(outcome.steps)")
        }
        let steps = evidence.outcomes.isEmpty ? evidence.ledger?.count ?? 0 : total
        var report = AuditReport(run: evidence.manifest.run, verdict: .reproduced)
        report.steps = steps
        report.evidence =
            (evidence.golden == nil ? [] : ["golden log"]) + (evidence.ledger == nil ? [] : ["ledger"])
            + (evidence.outcomes.isEmpty ? [] : ["chain head"])
        var chain = Chain(inputs: session.inputs.digest)
        let builder = TraceBuilder(engine: session.trainer.model.engine)
        for step in 1...max(1, steps) where step <= steps {
            _ = try session.step(observer: builder)
            let found = try builder.finish(session.trainer)
            let recorded = [
                evidence.golden.flatMap { $0.indices.contains(step - 1) ? $0[step - 1].record : nil },
                evidence.ledger.flatMap { $0.indices.contains(step - 1) ? $0[step - 1].record : nil },
            ]
            for expected in recorded.compactMap({ $0 }) {
                guard var divergence = TraceComparison.firstDifference(expected: expected, found: found) else {
                    continue
                }
                divergence.element = divergence.element ?? element(divergence, builder, evidence)
                report.verdict = .diverged
                report.divergence = divergence
                return report
            }
            builder.clearKept()
            chain.append(found.digest)
            report.equalSteps = step
            progress(step, steps)
        }
        report.chainHead = chain.head
        let found = ManifestOutcome(chain: chain, weightsDigest: try session.trainer.weightsDigest())
        for (file, outcome) in evidence.outcomes {
            guard let difference = Auditor.difference(outcome, found) else { continue }
            report.verdict = .diverged
            report.reason = "\(file): \(difference); no record of a step differs"
            return report
        }
        return report
    }

    /// What an outcome says that the replay does not, or nil.
    private static func difference(_ expected: ManifestOutcome, _ found: ManifestOutcome) -> String? {
        for (name, expected, found) in [
            ("chain_head", expected.chainHead, found.chainHead), ("steps_root", expected.stepsRoot, found.stepsRoot),
            ("weights_digest", expected.weightsDigest, found.weightsDigest),
        ] where expected != found {
            return "outcome.\(name): expected \(expected), the replay came to \(found)"
        }
        return nil
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
