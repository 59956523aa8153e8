import Digests
import Tensors

/// Writing safetensors files.
public enum Safetensors {
    /// Writes tensors to a file, atomically: a reader, or a crash, never sees half of it.
    ///
    /// The bytes depend on names, tensors and metadata only, not on the order they are given in, and are those of the
    /// reference implementation (Rust, 0.8), save that metadata keys are sorted: wide element types first and then byte
    /// order of the names, so that every tensor is aligned; a compact header padded with spaces to eight bytes.
    /// - Throws: `CheckpointError` (`invalidInput`), or `FileError` from the system.
    public static func write(
        tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
    ) throws {
        let ordered = try order(tensors, path: path)
        let header = header(ordered, metadata: metadata)
        try AtomicFile.write(to: path) { file in
            try file.append(header)
            for (_, tensor) in ordered { try file.append(tensor.bytes) }
        }
    }

    /// The file's bytes, as `write` would put them on disk.
    /// - Throws: `CheckpointError` (`invalidInput`).
    public static func encode(
        tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]
    ) throws -> [UInt8] {
        let ordered = try order(tensors, path: "safetensors")
        return ordered.reduce(into: header(ordered, metadata: metadata)) { $0.append(contentsOf: $1.tensor.bytes) }
    }

    /// The order of element types in a file: the reference implementation's, by falling alignment.
    private static let typeOrder: [DType] = [
        .u64, .i64, .f64, .f32, .u32, .i32, .bf16, .f16, .u16, .i16, .i8, .u8, .bool,
    ]

    private static func order(
        _ tensors: [(name: String, tensor: Tensor)], path: String
    ) throws -> [(name: String, tensor: Tensor)] {
        let byName = tensors.sorted { utf8Less($0.name, $1.name) }
        for (left, right) in zip(byName, byName.dropFirst()) where utf8Equal(left.name, right.name) {
            throw CheckpointError(.invalidInput, file: path, tensor: left.name, "two tensors have this name")
        }
        if let reserved = byName.first(where: { utf8Equal($0.name, "__metadata__") }) {
            throw CheckpointError(.invalidInput, file: path, tensor: reserved.name, "the format reserves this name")
        }
        return typeOrder.flatMap { dtype in byName.filter { $0.tensor.dtype == dtype } }
    }

    private static func header(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { utf8Less($0.key, $1.key) }.map { quote($0.key) + ":" + quote($0.value) }
            members.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
        }
        var offset = 0
        for (name, tensor) in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let end = offset + tensor.byteCount
            members.append(
                quote(name) + ":{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array(("{" + members.joined(separator: ",") + "}").utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    private static func quote(_ text: String) -> String { JSONValue.string(text).canonical }
}
