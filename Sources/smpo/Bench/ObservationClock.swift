import Compute
import Diffusion
import Ledger
import Training

/// An observer that hands everything on and adds up how long that takes.
final class ObservationClock: StepObserver {
    /// What has been spent observing.
    private(set) var spent = Duration.zero
    private let observer: any StepObserver
    private let clock = ContinuousClock()

    init(_ observer: any StepObserver) { self.observer = observer }

    func observe(_ phase: Phase, _ name: String, _ value: ObservedValue) throws {
        try time { try observer.observe(phase, name, value) }
    }

    func observe(_ phase: Phase, tensors: [(name: String, tensor: Tensor)]) throws {
        try time { try observer.observe(phase, tensors: tensors) }
    }

    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws {
        try time { try observer.observeInversion(items: items, move: move, step) }
    }

    /// Adds what `body` takes.
    func time<Value>(_ body: () throws -> Value) rethrows -> Value {
        let begin = clock.now
        defer { spent += clock.now - begin }
        return try body()
    }
}
