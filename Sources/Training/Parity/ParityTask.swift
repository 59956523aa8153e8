import Checkpoints
import Compute
import Core
import Datasets

/// A case that another framework computed, and where its parts lie.
package struct ParityTask {
    /// The folder of the model, or of what else the case is about.
    package let model: String
    /// The case's object.
    package let parameters: JSONCursor
    /// The tensors that it begins with; nil where none were given.
    package let inputs: Checkpoint?
    /// What computes.
    package let engine: Engine
    /// Where the files that it names may lie, in the order in which they are looked for.
    private let folders: [String]

    /// Reads the case `path` and the headers of `inputs`.
    /// - Parameter data: a further folder of files that the case names.
    /// - Throws: `JSONSyntaxError`, `JSONShapeError`, `FileError`, `CheckpointError`.
    package init(model: String, case path: String, inputs: String?, data: String?, engine: Engine) throws {
        self.model = model
        parameters = JSONCursor(try JSONValue.read(path, nonFinite: true), name: "case", file: path)
        self.inputs = try inputs.map { try Checkpoint(safetensors: $0) }
        self.engine = engine
        // A case lies in `cases/`, the files that it names beside that folder or in it.
        let own = AtomicFile.folder(of: path)
        folders = [own, AtomicFile.folder(of: own), model] + (data.map { [$0] } ?? [])
    }

    /// The path of a file or folder that the case names: beside the case, below the model's folder or below the folder of
    /// data; in each of them also in a folder `files`.
    /// - Throws: `FileError` naming the places where it was looked for.
    package func file(_ name: String) throws -> String {
        let places = folders.flatMap { ["\($0)/\(name)", "\($0)/files/\(name)"] }
        if let place = places.first(where: FileContents.exists) { return place }
        throw try parameters["kind"].error(
            expected: "the file \(name) in one of \(folders.joined(separator: ", ")); --data names another",
            found: "none of that name")
    }

    /// One of the tensors that the case begins with, as Float32.
    /// - Throws: `CheckpointError` where it is missing or has another shape; `TrainingError` where no tensors were given.
    package func input(_ name: String, shape: [Int]? = nil) throws -> Tensor {
        try given(name).float32(named: name, shape: shape)
    }

    /// The file of the tensors that the case begins with, which is asked for the tensor `name`.
    private func given(_ name: String) throws -> Checkpoint {
        if let inputs { return inputs }
        throw TrainingError.mismatch(
            what: "\(parameters.file): the tensor \(name)", expected: "a file of the case's inputs",
            found: "none", hint: "name it by --inputs")
    }

    /// Numbers among the tensors that the case begins with, floats or I64.
    /// - Throws: as `input`; `TrainingError` for another number of them.
    package func numbers(_ name: String, count: Int) throws -> [Float] {
        let inputs = try given(name)
        let tensor = try inputs.tensor(named: name)
        let values: [Float] = try withExtendedLifetime(tensor) {
            guard tensor.dtype == .i64 else { return try inputs.float32(named: name).floats }
            return (0..<tensor.count).map {
                Float(tensor.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self))
            }
        }
        guard values.count == count else {
            throw TrainingError.mismatch(
                what: "\(inputs.path): \(name)", expected: "\(count) numbers", found: "\(values.count)", hint: nil)
        }
        return values
    }

    /// Makes what the case's `out` file holds. - Throws: as `ParityKind.tensors`, and for a kind that is not known.
    package func tensors() throws -> [(name: String, tensor: Tensor)] {
        try ParityKinds.named(in: parameters).tensors(self)
    }

    /// How pictures are prepared in the cases, which were made with Pillow 13: its passes go in that order.
    package static func preparation(_ resize: PicturePreparation.Resize = .picture) -> PicturePreparation {
        PicturePreparation(resize: resize, order: .pillow13)
    }

    /// Integers as a case's file holds them: I64.
    package static func integers(_ values: [Int], shape: [Int]) -> Tensor {
        precondition(values.count == shape.reduce(1, *))
        let tensor = Tensor(uninitialized: shape, dtype: .i64)
        values.map(Int64.init).withUnsafeBytes {
            tensor.storage.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        return tensor
    }

    /// Bytes of pictures as a case's file holds them: U8.
    package static func bytes(_ values: [UInt8], shape: [Int]) -> Tensor {
        precondition(values.count == shape.reduce(1, *))
        let tensor = Tensor(uninitialized: shape, dtype: .u8)
        values.withUnsafeBytes { tensor.storage.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return tensor
    }
}
