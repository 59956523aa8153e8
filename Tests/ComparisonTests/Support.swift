import Checkpoints
import Compute
import Core

extension Checkpoint {
    /// A safetensors file in memory with Float32 vectors, or with the shapes given.
    static func of(
        _ tensors: [String: [Float]], shapes: [String: [Int]] = [:], metadata: [String: String] = [:]
    ) throws -> Checkpoint {
        let list = tensors.sorted { utf8Less($0.key, $1.key) }.map { name, values in
            (name, Tensor(values, shape: shapes[name] ?? [values.count]))
        }
        let bytes = try Safetensors.encode(tensors: list, metadata: metadata)
        return try Checkpoint(safetensors: OpenFile(path: "memory", bytes: bytes))
    }
}
