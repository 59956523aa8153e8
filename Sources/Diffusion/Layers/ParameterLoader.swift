import Autodiff
import Checkpoints
import Tensors

/// How a fresh parameter is filled.
public enum Initialization: Sendable {
    /// Uniform in ±1/√fanIn: PyTorch's default for linear layers and convolutions.
    case uniform(fanIn: Int)
    /// Normal with this standard deviation.
    case normal(Double)
    /// One value everywhere.
    case constant(Float)
}

/// Hands parameters to the layers of a model by their diffusers names: read from a checkpoint, or fresh from a seed.
public final class ParameterLoader {
    private let source: (any TensorSource)?
    private let seed: UInt64
    private let prefix: String
    /// Every parameter asked for, in the order of asking.
    public private(set) var parameters: [Parameter] = []

    /// Reads from `source`; names are looked up with `prefix` before them.
    public init(source: any TensorSource, prefix: String = "") {
        self.source = source
        self.seed = 0
        self.prefix = prefix
    }

    /// Makes fresh parameters from the run's initialization stream.
    public init(seed: UInt64) {
        self.source = nil
        self.seed = seed
        self.prefix = ""
    }

    /// The parameter `name` of `shape`. Throws `CheckpointError` if the checkpoint lacks it or has another shape.
    public func parameter(_ name: String, _ shape: [Int], _ fill: Initialization) throws -> Parameter {
        let value = try source.map { try $0.float32(named: prefix + name, shape: shape) } ?? fresh(shape, fill)
        let parameter = Parameter(name: name, value: value)
        parameters.append(parameter)
        return parameter
    }

    /// Whether the checkpoint has a tensor of this name (fresh models have what they ask for).
    public func contains(_ name: String) -> Bool { source?.contains(prefix + name) ?? true }

    /// The parameters in the byte order of their names: the order of digests and of every sum over parameters.
    public func sorted() -> [Parameter] {
        parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func fresh(_ shape: [Int], _ fill: Initialization) -> Tensor {
        // The parameter's number takes the step's place in the counter, so that no two share a draw.
        let stream = RandomStream(seed: seed, .initialization, step: parameters.count)
        let count = shape.reduce(1, *)
        switch fill {
        case .constant(let value): return Tensor([Float](repeating: value, count: count), shape: shape)
        case .uniform(let fanIn):
            let bound = Float(1 / Double(fanIn).squareRoot())
            return Tensor(stream.uniforms(count: count).map { ($0 * 2 - 1) * bound }, shape: shape)
        case .normal(let deviation):
            let tensor = stream.normals(shape: shape)
            for index in 0..<count { tensor.pointer[index] *= Float(deviation) }
            return tensor
        }
    }
}
