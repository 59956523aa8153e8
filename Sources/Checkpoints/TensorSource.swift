import Compute
import Core

/// Something that holds named tensors: one safetensors file, or several with an index.
package protocol TensorSource: Sendable {
    /// Path of the file or index, for messages.
    var path: String { get }
    /// All names, in byte order of their UTF-8.
    var names: [String] { get }
    /// What is known of a tensor; `nil` when there is none of that name.
    func entry(named name: String) -> TensorEntry?
    /// The tensor in its own element type. - Throws: `CheckpointError` (`missingTensor`).
    func tensor(named name: String) throws -> Tensor
}

extension TensorSource {
    /// Whether there is a tensor of that name.
    package func contains(_ name: String) -> Bool { entry(named: name) != nil }

    /// What is known of a tensor.
    /// - Parameters:
    ///   - name: its name.
    ///   - shape: the shape it must have; `nil` takes any.
    /// - Throws: `CheckpointError`: `missingTensor` with the nearest name, or `shape` with both shapes.
    @discardableResult
    package func require(named name: String, shape: [Int]? = nil) throws -> TensorEntry {
        guard let entry = entry(named: name) else { throw missing(name) }
        if let shape, shape != entry.shape {
            throw CheckpointError(
                .shape, file: path, tensor: name, "wrong shape", expected: "\(shape)", found: "\(entry.shape)",
                hint: "the configuration and the weights are of different models")
        }
        return entry
    }

    /// The tensor as Float32: F32 shares storage with the file, F16 and BF16 widen exactly, F64 is rounded to nearest.
    /// - Parameters:
    ///   - name: its name.
    ///   - shape: the shape it must have; `nil` takes any.
    /// - Throws: `CheckpointError`: `missingTensor`, `shape`, or `dtype` when it holds integers.
    package func float32(named name: String, shape: [Int]? = nil) throws -> Tensor {
        let entry = try require(named: name, shape: shape)
        guard let result = FloatConversion.float32(try tensor(named: name)) else {
            throw CheckpointError(
                .dtype, file: path, tensor: name, "not floating-point", expected: "F32, F16, BF16 or F64",
                found: entry.dtype.rawValue)
        }
        return result
    }

    /// Looks at every floating-point tensor for infinities and NaN; names in order, the first one found is named.
    /// - Throws: `CheckpointError` (`nonFinite`).
    package func requireFinite() throws {
        for name in names {
            guard let found = firstNonFinite(try tensor(named: name)) else { continue }
            throw CheckpointError(.nonFinite, file: path, tensor: name, "not a finite number", found: "\(found)")
        }
    }

    /// The error for a name that is not there.
    func missing(_ name: String) -> CheckpointError {
        CheckpointError(
            .missingTensor, file: path, tensor: name, "there is no such tensor",
            hint: NearestName.among(names, to: name).map { "the nearest name is \"\($0)\"" }
                ?? "the file holds \(names.count) tensors")
    }
}
