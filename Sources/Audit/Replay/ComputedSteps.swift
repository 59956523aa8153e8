import Comparison
import Compute
import Ledger
import Training

/// The steps of a run, computed again by its trainer and compared bit by bit.
struct ComputedSteps: ReplaySource {
    let session: TrainingSession
    /// The chain of the steps so far.
    private(set) var chain: Chain
    private let run: Run
    private let fault: Fault?
    private let builder: TraceBuilder

    /// `run`, computed by `session`, which has done the steps of `chain`. `fault` is what goes wrong on purpose.
    init(_ session: TrainingSession, after chain: Chain, _ run: Run, fault: Fault? = nil) {
        self.session = session
        self.chain = chain
        self.run = run
        self.fault = fault
        builder = TraceBuilder(engine: session.trainer.model.engine)
    }

    var done: Int { chain.count }

    mutating func next(_ demand: ReplayDemand) throws -> ReplayedStep {
        builder.clearKept()
        if let fault {
            try fault.takeStep(session, observer: builder)
        } else {
            _ = try session.step(observer: builder)
        }
        let found = try builder.finish(session.trainer)
        chain.append(found.record.digest)
        let records = run.records(of: found.record.step)
        var step = ReplayedStep(number: done, trace: found, isCompared: !records.isEmpty)
        guard !records.isEmpty, demand.divergence || demand.drift else { return step }
        guard records.contains(where: { $0 != found.record }) else {
            if demand.drift { step.drift = StepDrift(equal: found) }
            return step
        }
        guard let expected = try run.traces(of: done).first(where: { $0.record != found.record }) else {
            preconditionFailure("a record without its trace")
        }
        if demand.drift { step.drift = StepDrift(expected: expected, found: found) }
        if demand.divergence { step.divergence = try divergence(expected, found) }
        return step
    }

    /// The outcome of the steps so far, as a manifest would state it.
    func outcome() throws -> ManifestOutcome {
        ManifestOutcome(
            chain: chain, weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
    }

    /// The first difference of a step from its record, with the element where the values are stored.
    private func divergence(_ expected: StepTrace, _ found: StepTrace) throws -> Divergence {
        guard var divergence = TraceComparison.firstDifference(expected: expected, found: found) else {
            preconditionFailure("records differ in no entry")
        }
        divergence.element = divergence.element ?? element(divergence)
        return divergence
    }

    /// The first differing element of a tensor whose recorded values are stored beside the ledger.
    private func element(_ divergence: Divergence) -> Divergence.Element? {
        guard
            let kept = builder.kept.first(where: { $0.phase == divergence.phase && $0.name == divergence.tensor }),
            let stored = run.storedBits(step: divergence.step, phase: divergence.phase, name: divergence.tensor)
        else { return nil }
        return TraceComparison.firstElement(
            stored.bits, kept.tensor.floats.map(\.bitPattern), shape: stored.shape)
    }
}
