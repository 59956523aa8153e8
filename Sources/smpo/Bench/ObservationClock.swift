import Compute
import Diffusion
import Ledger
import Training

/// An observer that hands everything on and adds up how long that takes.
final class ObservationClock: StepObserver {
    /// The time spent in the observer.
    private(set) var spent = Duration.zero
    private let observer: any StepObserver
    private let clock = ContinuousClock()
    private let onChange: ((_ isObserving: Bool) -> Void)?

    init(_ observer: any StepObserver, onChange: ((_ isObserving: Bool) -> Void)? = nil) {
        (self.observer, self.onChange) = (observer, onChange)
    }

    func observe(_ phase: Phase, _ entry: TraceEntry) throws { try time { try observer.observe(phase, entry) } }

    func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) throws {
        try time { try observer.observe(key, tensor) }
    }

    func observe(
        _ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]
    ) throws {
        try time { try observer.observe(keys, tensors) }
    }

    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws {
        try time { try observer.observeInversion(items: items, move: move, step) }
    }

    func willUpdate() { time { observer.willUpdate() } }

    /// Adds what `body` takes.
    func time<Value>(_ body: () throws -> Value) rethrows -> Value {
        onChange?(true)
        let begin = clock.now
        defer {
            spent += clock.now - begin
            onChange?(false)
        }
        return try body()
    }
}
