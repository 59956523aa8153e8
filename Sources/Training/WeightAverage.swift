import Checkpoints
import Compute
import Core

/// An exponential moving average of the trained weights (EMA): they are taken in every so many updates, the n-th time
/// with the decay min(d, n / (n + 9)).
package final class WeightAverage {
    /// d.
    package let decay: Double
    /// The updates from one to the next whose weights are taken in.
    package let every: Int
    /// The averages in the parameters' order.
    package private(set) var tensors: [(name: String, tensor: Tensor)]

    /// An average that starts from the present weights.
    package init(decay: Double, every: Int = 1, parameters: [(name: String, parameter: Parameter)]) {
        self.decay = decay
        self.every = every
        tensors = parameters.map { ($0.name, $0.parameter.value.copy()) }
    }

    /// Puts back averages saved earlier.
    package func restore(_ tensors: [(name: String, tensor: Tensor)]) {
        precondition(tensors.map(\.name) == self.tensors.map(\.name))
        self.tensors = tensors
    }

    /// Takes in the weights after update `k`, counted from 1, if it is time.
    package func update(_ parameters: [(name: String, parameter: Parameter)], k: Int, engine: Engine) {
        guard k % every == 0 else { return }
        let n = k / every
        let decay = Float(min(self.decay, Double(n) / Double(n + 9)))
        for (average, parameter) in zip(tensors, parameters) {
            engine.movingAverageInPlace(average.tensor, parameter: parameter.parameter.value, decay: decay)
        }
    }

    /// Root over the averages in name order.
    package func digest(on engine: Engine) throws -> Digest {
        try weightsDigest(of: tensors, on: engine)
    }
}
