import Checkpoints
import Compute
import Core
import Dispatch
import Ledger

/// The trace of a step whose last digests, of weights and of the optimiser's state, are being made beside what comes next: the
/// passes of the step that follows read these tensors, and its update waits (`StepObserver.willUpdate`) until they are hashed.
package final class UnfinishedTrace {
    /// The step.
    package let step: Int
    /// Tensors of the step that are kept.
    package let kept: [TraceBuilder.Kept]
    private let entries: [Phase: [TraceEntry]]
    private let tensors: [Phase: [(name: String, digest: Digest)]]
    private let states: [(state: TracedState, count: Int)]
    private let digests: DigestsBeside

    /// Begins the digests of `states`, on threads of its own where the device has a memory of its own, else on the workers
    /// of `engine` and at once.
    init(
        step: Int, entries: [Phase: [TraceEntry]], tensors: [Phase: [(name: String, digest: Digest)]],
        kept: [TraceBuilder.Kept], states: [(state: TracedState, tensors: [(name: String, tensor: Tensor)])],
        on engine: Engine, beside: Bool
    ) {
        (self.step, self.entries, self.tensors, self.kept) = (step, entries, tensors, kept)
        self.states = states.map { ($0.state, $0.tensors.count) }
        let all = states.flatMap(\.tensors)
        digests =
            beside ? DigestsBeside(all, engine.device.reader()) : DigestsBeside(tensorDigests(of: all, on: engine))
    }

    /// Waits until nothing of the step is read any more.
    func wait() { _ = digests.wait() }

    /// The trace.
    package func finish() throws -> StepTrace { try part().trace() }

    /// The same, as what this rank has of it.
    func part() -> TracePart {
        var found = digests.wait()[...]
        var digests: [TracedState: [(name: String, digest: Digest)]] = [:]
        for (state, count) in states {
            digests[state] = Array(found.prefix(count))
            found = found.dropFirst(count)
        }
        return TracePart(step: step, entries: entries, tensors: tensors, states: digests)
    }
}

/// Digests that are made on threads of their own.
///
/// `@unchecked Sendable`: the group orders who writes and who reads.
private final class DigestsBeside: @unchecked Sendable {
    private let group = DispatchGroup()
    /// Let go before the group is left: who waits may write the tensors in place again.
    private var tensors: [(name: String, tensor: Tensor)] = []
    private var digests: [(name: String, digest: Digest)]

    /// Digests that are there.
    init(_ digests: [(name: String, digest: Digest)]) { self.digests = digests }

    init(_ tensors: [(name: String, tensor: Tensor)], _ reader: any DeviceReader) {
        (self.tensors, digests) = (tensors, [])
        group.enter()
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            digests = tensorDigests(of: self.tensors, by: reader)
            self.tensors = []
            group.leave()
        }
    }

    func wait() -> [(name: String, digest: Digest)] {
        group.wait()
        return digests
    }
}
