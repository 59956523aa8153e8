import Compute
import Diffusion
import Ledger

/// A value that a step passes through.
package enum ObservedValue {
    /// A tensor, to be digested under the entry's name.
    case tensor(Tensor)
    /// Float32 numbers.
    case floats([Float])
    /// Float64 numbers.
    case doubles([Double])
    /// Whole numbers.
    case integers([Int])
    /// Words.
    case text([String])
}

/// Sees what a step passes through, in the order of the phases. The trainer knows nothing of who watches: recording,
/// auditing and `smpo step` are three observers of one code path.
package protocol StepObserver: AnyObject {
    /// `name` is unique within the phase of a step.
    func observe(_ phase: Phase, _ name: String, _ value: ObservedValue) throws
    /// Many tensors at once, so that an observer may look at them in parallel.
    func observe(_ phase: Phase, tensors: [(name: String, tensor: Tensor)]) throws
    /// One move of the inversion of the items `items`; rows of the tensors are winner and loser of each in turn.
    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws
}

extension StepObserver {
    /// One after another, unless an observer knows better.
    package func observe(_ phase: Phase, tensors: [(name: String, tensor: Tensor)]) throws {
        for (name, tensor) in tensors { try observe(phase, name, .tensor(tensor)) }
    }

    /// Inversion moves are of no interest unless an observer says so.
    package func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) throws {}
}
