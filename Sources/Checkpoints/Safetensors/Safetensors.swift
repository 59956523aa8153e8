import Compute
import Core

/// Writing safetensors files.
package enum Safetensors {
    /// A tensor of a file that is still to be written: its name, element type and shape.
    package typealias Item = (name: String, dtype: DType, shape: [Int])

    /// What diffusers and transformers write as metadata.
    package static let torchMetadata = ["format": "pt"]

    /// Writes tensors to a file, atomically: a reader, or a crash, never sees half of it.
    ///
    /// The bytes depend on names, tensors and metadata only, not on the order they are given in, and are those of the
    /// reference implementation (Rust, 0.8), save that metadata keys are sorted: wide element types first and then byte
    /// order of the names, so that every tensor is aligned; a compact header padded with spaces to eight bytes.
    /// - Throws: `CheckpointError` (`invalidInput`), or `FileError` from the system.
    package static func write(
        tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
    ) throws {
        try write(tensors.map(item), metadata: metadata, to: path) { tensors[$0].tensor }
    }

    /// Writes tensors that are made one after another, in the order of the file: `tensor` is asked for each place of
    /// `items` once, and no two tensors need to be in memory together.
    /// - Throws: as above, and what `tensor` throws.
    package static func write(
        _ items: [Item], metadata: [String: String] = [:], to path: String, tensor: (Int) throws -> Tensor
    ) throws {
        // Before the file is begun: what cannot be written leaves nothing behind.
        let order = try order(items, path: path)
        try AtomicFile.write(to: path) { file in
            try stream(items, order, metadata, append: { try file.append($0) }, tensor: tensor)
        }
    }

    /// Hands the file's bytes, as `write` would put them on disk, to `append` piece by piece.
    /// - Throws: `CheckpointError` (`invalidInput`), or what `append` throws.
    package static func stream(
        tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:],
        append: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let items = tensors.map(item)
        let order = try order(items, path: "safetensors")
        try stream(items, order, metadata, append: append) { tensors[$0].tensor }
    }

    /// The same of tensors that are made one after another, as `write` takes them.
    /// - Throws: `CheckpointError` (`invalidInput`), or what `append` and `tensor` throw.
    package static func stream(
        _ items: [Item], metadata: [String: String] = [:], append: (UnsafeRawBufferPointer) throws -> Void,
        tensor: (Int) throws -> Tensor
    ) throws {
        try stream(items, try order(items, path: "safetensors"), metadata, append: append, tensor: tensor)
    }

    /// The file's bytes, as `write` would put them on disk.
    /// - Throws: `CheckpointError` (`invalidInput`).
    package static func encode(
        tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try stream(tensors: tensors, metadata: metadata) { bytes.append(contentsOf: $0) }
        return bytes
    }

    private static func item(_ entry: (name: String, tensor: Tensor)) -> Item {
        (entry.name, entry.tensor.dtype, entry.tensor.shape)
    }

    private static func stream(
        _ items: [Item], _ order: [Int], _ metadata: [String: String], append: (UnsafeRawBufferPointer) throws -> Void,
        tensor: (Int) throws -> Tensor
    ) throws {
        try header(order.map { items[$0] }, metadata: metadata).withUnsafeBytes { try append($0) }
        for place in order {
            let tensor = try tensor(place)
            precondition(tensor.dtype == items[place].dtype && tensor.shape == items[place].shape)
            try tensor.eachPiece { try append($0) }
        }
    }

    /// The order of element types in a file: the reference implementation's, by falling alignment.
    private static let typeOrder: [DType] = [
        .u64, .i64, .f64, .f32, .u32, .i32, .bf16, .f16, .u16, .i16, .i8, .u8, .bool,
    ]

    /// The places of `items` in the order of the file.
    private static func order(_ items: [Item], path: String) throws -> [Int] {
        let byName = items.indices.sorted { utf8Less(items[$0].name, items[$1].name) }
        for (left, right) in zip(byName, byName.dropFirst()) where utf8Equal(items[left].name, items[right].name) {
            throw CheckpointError(.invalidInput, file: path, tensor: items[left].name, "two tensors have this name")
        }
        if let reserved = items.first(where: { utf8Equal($0.name, "__metadata__") }) {
            throw CheckpointError(.invalidInput, file: path, tensor: reserved.name, "the format reserves this name")
        }
        return typeOrder.flatMap { dtype in byName.filter { items[$0].dtype == dtype } }
    }

    private static func header(_ items: [Item], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { utf8Less($0.key, $1.key) }.map { quote($0.key) + ":" + quote($0.value) }
            members.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
        }
        var offset = 0
        for (name, dtype, shape) in items {
            let end = offset + shape.reduce(1, *) * dtype.byteCount
            let extents = shape.map(String.init).joined(separator: ",")
            members.append(
                quote(name) + ":{\"dtype\":\"\(dtype.rawValue)\",\"shape\":[\(extents)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var text = Array(("{" + members.joined(separator: ",") + "}").utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    private static func quote(_ text: String) -> String { JSONValue.string(text).canonical }
}
