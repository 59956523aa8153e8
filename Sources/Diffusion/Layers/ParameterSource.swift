import Autodiff
import Checkpoints
import Tensors

/// The present weights of a network as a checkpoint: a second network built from it shares their storage.
public struct ParameterSource: TensorSource {
    /// Not a file.
    public let path = "weights in memory"
    /// The parameters' names.
    public let names: [String]
    private let tensors: [String: Tensor]

    /// The weights of `parameters` as they are now.
    public init(_ parameters: [Parameter]) {
        names = parameters.map(\.name)
        tensors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    }

    /// Shape and element type.
    public func entry(named name: String) -> TensorEntry? {
        tensors[name].map { TensorEntry(dtype: $0.dtype, shape: $0.shape, range: 0..<$0.byteCount) }
    }

    /// The weight itself, not a copy. - Throws: `CheckpointError` for a name that is not there.
    public func tensor(named name: String) throws -> Tensor {
        try require(named: name)
        return tensors[name]!
    }
}
