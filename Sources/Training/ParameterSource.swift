import Autodiff
import Checkpoints
import Tensors

/// The present weights of a network as a checkpoint: a second network built from it shares their storage.
struct ParameterSource: TensorSource {
    let path = "weights in memory"
    let names: [String]
    private let tensors: [String: Tensor]

    init(_ parameters: [Parameter]) {
        names = parameters.map(\.name)
        tensors = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
    }

    func entry(named name: String) -> TensorEntry? {
        tensors[name].map { TensorEntry(dtype: $0.dtype, shape: $0.shape, range: 0..<$0.byteCount) }
    }

    func tensor(named name: String) throws -> Tensor {
        try require(named: name)
        return tensors[name]!
    }
}
