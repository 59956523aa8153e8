import Compute
import Core

extension Checkpoint {
    /// A file that must be safetensors, as a training state is. - Throws: `CheckpointError`.
    package init(safetensors path: String) throws { try self.init(safetensors: OpenFile(path: path)) }

    /// A safetensors file, of every element type that the format knows.
    /// - Throws: `CheckpointError`.
    package init(safetensors file: OpenFile) throws {
        let header = try SafetensorsHeader(file)
        try self.init(
            path: file.path, container: "safetensors",
            tensors: header.rows.map {
                CheckpointTensor(
                    name: $0.name, type: $0.type, shape: $0.shape,
                    source: .file(file, offset: $0.range.lowerBound))
            }, metadata: header.metadata)
    }
}
