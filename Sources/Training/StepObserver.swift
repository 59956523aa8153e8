import Compute
import Diffusion
import Ledger

/// Sees what a step passes through, in the order of the phases. The trainer knows nothing of who watches: recording,
/// auditing and `smpo step` are three observers of one code path.
package protocol StepObserver: AnyObject {
    /// Numbers, texts or a digest; the name is unique within the phase of a step.
    func observe(_ phase: Phase, _ entry: TraceEntry) throws
    /// A tensor.
    func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) throws
    /// The tensors of many parameters at once, so that an observer may look at them in parallel.
    func observe(
        _ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]) throws
    /// One move of the inversion of the items `items`; rows of the tensors are winner and loser of each in turn.
    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws
    /// Weights, the optimiser's state and averages are about to change in place.
    func willUpdate()
}

extension StepObserver {
    /// A value under its key.
    package func observe<Value: RecordValue>(_ key: RecordKey<Value>, _ value: Value) throws {
        try observe(key.phase, key(value))
    }

    /// One after another, unless an observer knows better.
    package func observe(
        _ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]
    ) throws {
        for (name, tensor) in tensors { try observe(keys[ParameterName(text: name)], tensor) }
    }

    /// Who keeps no tensors need not know.
    package func willUpdate() {}

    /// Inversion moves are of no interest unless an observer says so.
    package func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws {}
}
