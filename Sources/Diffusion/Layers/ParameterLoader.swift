import Autodiff
import Checkpoints
import Tensors

/// Hands parameters to the layers of a model by their diffusers names: read from a checkpoint, or fresh from a seed.
public final class ParameterLoader {
    private enum Origin {
        case checkpoint(any TensorSource, prefix: String)
        case seed(UInt64, Engine?)
        case nothing
    }

    private let origin: Origin
    /// What was asked for, in the order of asking.
    public private(set) var requests: [ParameterRequest] = []
    /// Every parameter handed out, in the order of asking.
    public private(set) var parameters: [Parameter] = []

    /// Reads from `source`; names are looked up with `prefix` before them.
    public init(source: any TensorSource, prefix: String = "") { origin = .checkpoint(source, prefix: prefix) }

    /// Makes fresh parameters from the run's initialization stream, by the workers of `engine` where one is given.
    public init(seed: UInt64, engine: Engine? = nil) { origin = .seed(seed, engine) }

    private init() { origin = .nothing }

    /// What a model asks for while `build` puts it together, in that order. That model has no numbers and cannot
    /// compute: it takes no memory, whatever its size.
    public static func outline(_ build: (ParameterLoader) throws -> Void) rethrows -> [ParameterRequest] {
        let loader = ParameterLoader()
        try build(loader)
        return loader.requests
    }

    /// The parameter `name` of `shape`. Throws `CheckpointError` if the checkpoint lacks it or has another shape.
    public func parameter(_ name: String, _ shape: [Int], _ fill: Initialization) throws -> Parameter {
        let request = ParameterRequest(name: name, shape: shape, fill: fill, number: requests.count)
        let value =
            switch origin {
            case .checkpoint(let source, let prefix): try source.float32(named: prefix + name, shape: shape)
            case .seed(let seed, let engine): request.drawn(seed: seed, on: engine)
            case .nothing: Tensor(uninitialized: [0])
            }
        let parameter = Parameter(name: name, value: value)
        requests.append(request)
        parameters.append(parameter)
        return parameter
    }

    /// Whether the checkpoint has a tensor of this name (fresh models have what they ask for).
    public func contains(_ name: String) -> Bool {
        guard case .checkpoint(let source, let prefix) = origin else { return true }
        return source.contains(prefix + name)
    }

    /// The parameters in the byte order of their names: the order of digests and of every sum over parameters.
    public func sorted() -> [Parameter] {
        parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
