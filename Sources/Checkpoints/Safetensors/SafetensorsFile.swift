import Compute
import Core

/// One safetensors file, mapped into memory and checked: header, element types, offsets, and that the tensors cover
/// the file exactly. The numbers themselves are read when they are used.
package struct SafetensorsFile: TensorSource {
    /// Path of the file.
    package let path: String
    /// All names, in byte order of their UTF-8.
    package let names: [String]
    /// The free texts under `__metadata__`, in byte order of their keys.
    package let metadata: [(key: String, value: String)]

    private let storage: Storage
    /// In the order of `names`.
    private let entries: [TensorEntry]

    /// Maps and checks a file.
    /// - Throws: `CheckpointError`.
    package init(path: String) throws {
        try self.init(try OpenFile(path: path))
    }

    /// Checks a file's bytes that are in memory already; `path` is for messages.
    /// - Throws: `CheckpointError`.
    package init(path: String, bytes: [UInt8]) throws {
        try self.init(OpenFile(path: path, bytes: bytes))
    }

    private init(_ opened: OpenFile) throws {
        let header = try SafetensorsHeader(opened)
        let rows = header.rows.sorted { utf8Less($0.name, $1.name) }
        self.path = opened.path
        storage = try MappedFile.map(opened)
        names = rows.map(\.name)
        entries = try rows.map { row in
            guard let dtype = row.type.dtype else {
                throw CheckpointError(
                    .dtype, file: opened.path, tensor: row.name, "unsupported element type",
                    expected: "one of " + DType.allCases.map(\.rawValue).joined(separator: ", "),
                    found: row.type.name)
            }
            return TensorEntry(dtype: dtype, shape: row.shape, range: row.range)
        }
        metadata = header.metadata
    }

    /// The text under `__metadata__` of that key.
    package func metadata(_ key: String) -> String? { metadata.first { utf8Equal($0.key, key) }?.value }

    /// What the header says of a tensor; `nil` when there is none of that name.
    package func entry(named name: String) -> TensorEntry? {
        NameOrder.place(of: name, count: names.count) { names[$0] }.map { entries[$0] }
    }

    /// The tensor in its own element type: a view of the mapped file, to be read only. A tensor whose bytes are not
    /// aligned to its element type is copied.
    /// - Throws: `CheckpointError` (`missingTensor`).
    package func tensor(named name: String) throws -> Tensor {
        guard let entry = entry(named: name) else { throw missing(name) }
        let start = storage.base + entry.range.lowerBound
        guard Int(bitPattern: start) % entry.dtype.byteCount != 0 else {
            return Tensor(shape: entry.shape, dtype: entry.dtype, storage: storage, offset: entry.range.lowerBound)
        }
        let copy = Tensor(uninitialized: entry.shape, dtype: entry.dtype)
        copy.storage.base.copyMemory(from: start, byteCount: entry.range.count)
        return copy
    }
}
