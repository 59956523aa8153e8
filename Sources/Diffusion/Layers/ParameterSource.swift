import Checkpoints
import Compute

/// The present weights of a network as a checkpoint: a second network built from it shares their storage.
package struct ParameterSource: TensorSource {
    /// Not a file.
    package let path = "weights in memory"
    /// The parameters' names.
    package let names: [String]
    private let tensors: [String: Tensor]

    /// The weights of `parameters` as they are now.
    package init(_ parameters: [Parameter]) {
        names = parameters.map(\.name)
        tensors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    }

    /// Shape and element type.
    package func entry(named name: String) -> TensorEntry? {
        tensors[name].map { TensorEntry(dtype: $0.dtype, shape: $0.shape, range: 0..<$0.byteCount) }
    }

    /// The weight itself, not a copy. - Throws: `CheckpointError` for a name that is not there.
    package func tensor(named name: String) throws -> Tensor {
        try require(named: name)
        return tensors[name]!
    }
}
