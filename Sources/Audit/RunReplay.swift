import Comparison
import Ledger
import Tensors
import Training

/// A run that is computed again, step after step, each held against its records.
struct RunReplay {
    /// What computes.
    let session: TrainingSession
    /// The chain of the steps so far.
    private(set) var chain: Chain
    private let evidence: Evidence
    private let workspace: Workspace
    private let fault: Fault?
    private let builder: TraceBuilder

    /// The run of `evidence`, computed by `session`, which has done the steps of `chain`. `fault` is what goes wrong on
    /// purpose.
    init(_ session: TrainingSession, _ chain: Chain, _ evidence: Evidence, workspace: Workspace, fault: Fault?) {
        (self.session, self.chain, self.evidence, self.workspace) = (session, chain, evidence, workspace)
        self.fault = fault
        builder = TraceBuilder(engine: session.trainer.model.engine)
    }

    /// Runs the next step; gives its trace.
    mutating func step() throws -> StepTrace {
        builder.clearKept()
        if let fault {
            try fault.takeStep(session, observer: builder)
        } else {
            _ = try session.step(observer: builder)
        }
        let found = try builder.finish(session.trainer)
        chain.append(found.record.digest)
        return found
    }

    /// Whether there is a record of a step.
    func isRecorded(_ step: Int) -> Bool { !evidence.records(of: step).isEmpty }

    /// Where the step that was run last differs from one of its records, with the element where the values are stored;
    /// nil if it is as recorded.
    func divergence(of found: StepTrace) throws -> Divergence? {
        guard let expected = try differingRecord(found) else { return nil }
        guard var divergence = TraceComparison.firstDifference(expected: expected, found: found) else {
            preconditionFailure("records differ in no entry")
        }
        divergence.element = divergence.element ?? element(divergence)
        return divergence
    }

    /// How far the step that was run last lies from its record; nil where there is none.
    func drift(of found: StepTrace) throws -> StepDrift? {
        if evidence.records(of: found.record.step).isEmpty { return nil }
        return try differingRecord(found).map { StepDrift(expected: $0, found: found) } ?? StepDrift(equal: found)
    }

    /// What the replay came to.
    func outcome() throws -> ManifestOutcome {
        ManifestOutcome(chain: chain, weightsDigest: try session.trainer.weightsDigest())
    }

    private func differingRecord(_ found: StepTrace) throws -> StepTrace? {
        let step = found.record.step
        guard evidence.records(of: step).contains(where: { $0 != found.record }) else { return nil }
        return try evidence.traces(of: step).first { $0.record != found.record }
    }

    /// The first differing element of a tensor whose recorded values are stored beside the ledger.
    private func element(_ divergence: Divergence) -> Divergence.Element? {
        guard
            let kept = builder.kept.first(where: { $0.phase == divergence.phase && $0.name == divergence.tensor }),
            let stored = evidence.storedBits(
                step: divergence.step, phase: divergence.phase, name: divergence.tensor, workspace: workspace)
        else { return nil }
        return TraceComparison.firstElement(
            stored.bits, kept.tensor.floats.map(\.bitPattern), shape: stored.shape)
    }
}
