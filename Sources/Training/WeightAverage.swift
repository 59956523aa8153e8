import Autodiff
import Checkpoints
import Digests
import Tensors

/// An exponential moving average of the trained weights (EMA): after update k, decay min(d, k / (k + 9)).
public final class WeightAverage {
    /// d.
    public let decay: Double
    /// The averages in the parameters' order.
    public private(set) var tensors: [(name: String, tensor: Tensor)]

    /// An average that starts from the present weights.
    public init(decay: Double, parameters: [(name: String, parameter: Parameter)]) {
        self.decay = decay
        tensors = parameters.map { ($0.name, $0.parameter.value.copy()) }
    }

    /// Puts back averages saved earlier.
    public func restore(_ tensors: [(name: String, tensor: Tensor)]) {
        precondition(tensors.map(\.name) == self.tensors.map(\.name))
        self.tensors = tensors
    }

    /// Takes in the weights after update `k`, counted from 1.
    public func update(_ parameters: [(name: String, parameter: Parameter)], k: Int, engine: Engine) {
        let decay = Float(min(self.decay, Double(k) / Double(k + 9)))
        for (average, parameter) in zip(tensors, parameters) {
            engine.movingAverageInPlace(average.tensor, parameter: parameter.parameter.value, decay: decay)
        }
    }

    /// Root over the averages in name order.
    public func digest(on engine: Engine) throws -> Digest {
        try weightsDigest(of: tensors, on: engine)
    }
}
