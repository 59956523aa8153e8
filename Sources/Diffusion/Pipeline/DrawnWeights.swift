import Checkpoints
import Compute
import Core

/// A component's weights as they were drawn from a seed and written, with no more than one tensor in memory.
package struct DrawnWeights: Sendable {
    /// The component's name.
    package let name: String
    /// Number of parameters.
    package let parameters: Int
    /// Identity of the weights as Float32, as manifests name it: `model/NAME`.
    package let digest: Digest
    /// Path of the weights.
    package let file: String
    /// Number of bytes of that file.
    package let bytes: Int
}

extension Pipeline {
    /// Writes a new model into the folder `path`, its weights drawn from `seed` and stored as `dtype` (`f32` or `f16`), one
    /// tensor in memory at a time: the model may be larger than the memory. Every file is replaced whole. As `f32` the
    /// numbers are those of a pipeline that is drawn in memory; as `f16` they are rounded to nearest.
    package func write(
        drawing seed: UInt64, to path: String, dtype: DType = .f32, on engine: Engine
    ) throws -> [DrawnWeights] {
        precondition(dtype == .f32 || dtype == .f16)
        let writer = FolderWriter(path)
        for part in parts { try part.component.writeConfiguration(into: writer, part.kind.folder, storing: dtype) }
        return try parts.compactMap { part in
            try part.component.weightsFile(part.kind.folder).map {
                try Pipeline.write(part, seed ^ part.kind.salt, dtype, to: "\(path)/\($0)", engine)
            }
        }
    }

    private static func write(
        _ part: Part, _ seed: UInt64, _ dtype: DType, to file: String, _ engine: Engine
    ) throws -> DrawnWeights {
        let requests = part.component.requests
        var digests: [(name: String, digest: Digest)] = []
        try Safetensors.write(
            requests.map { ($0.name, dtype, $0.shape) }, metadata: Safetensors.torchMetadata, to: file
        ) { place in
            let request = requests[place]
            let drawn = request.drawn(seed: seed, on: engine)
            let written = dtype == .f16 ? FloatConversion.float16(drawn) : drawn
            // What a program that opens the file computes with.
            let read = FloatConversion.float32(written)!
            digests.append((request.name, read.digest(named: request.name)))
            return written
        }
        return DrawnWeights(
            name: part.kind.name, parameters: requests.reduce(0) { $0 + $1.count },
            digest: try WeightsDigest.root(digests), file: file, bytes: FileContents.size(file) ?? 0)
    }
}
