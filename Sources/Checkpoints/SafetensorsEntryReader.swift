import Digests
import Tensors

/// Reads the members of a safetensors header.
struct SafetensorsEntryReader {
    let file: String
    /// Where the tensors' bytes begin; offsets in the header count from here.
    let dataStart: Int

    /// Element types of the format that `DType` does not have.
    static let unsupportedTypes: [String] = [
        "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4", "C64",
    ]

    /// The texts under `__metadata__`.
    func metadata(_ value: JSONValue) throws -> [(key: String, value: String)] {
        guard case .object(let object) = value else {
            throw CheckpointError(
                .headerEntry, file: file, offset: 8, "__metadata__ is of the wrong kind", expected: "object",
                found: value.kind)
        }
        return try object.members.map { key, value in
            guard case .string(let text) = value else {
                throw CheckpointError(
                    .headerEntry, file: file, offset: 8, "__metadata__ entry \"\(key)\" is of the wrong kind",
                    expected: "string", found: value.kind)
            }
            return (key, text)
        }
    }

    /// One tensor's entry: exactly `dtype`, `shape` and `data_offsets`, which agree with each other.
    func entry(_ name: String, _ value: JSONValue) throws -> TensorEntry {
        guard case .object(let object) = value else {
            throw bad(name, "the entry is of the wrong kind", expected: "object", found: value.kind)
        }
        let known = ["data_offsets", "dtype", "shape"]
        for key in object.keys where !known.contains(where: { utf8Equal($0, key) }) {
            throw bad(name, "unknown key \"\(key)\"", expected: known.joined(separator: ", "))
        }
        let dtype = try dtype(name, try member(name, object, "dtype"))
        let shape = try integers(name, "shape", try member(name, object, "shape"))
        let offsets = try integers(name, "data_offsets", try member(name, object, "data_offsets"))
        guard offsets.count == 2 else {
            throw bad(name, "data_offsets must be two numbers", expected: "[begin, end]", found: "\(offsets)")
        }
        return TensorEntry(
            dtype: dtype, shape: shape, range: try range(name, dtype, shape, offsets[0], offsets[1]))
    }

    private func range(_ name: String, _ dtype: DType, _ shape: [Int], _ begin: Int, _ end: Int) throws -> Range<Int> {
        guard let byteCount = Self.byteCount(shape, dtype) else {
            throw bad(name, "the shape has too many elements", found: "\(shape)")
        }
        guard begin <= end, end <= Int.max - dataStart, end - begin == byteCount else {
            throw CheckpointError(
                .offsets, file: file, tensor: name, "data_offsets do not fit \(dtype.rawValue) \(shape)",
                expected: "\(byteCount) bytes", found: "[\(begin), \(end)]")
        }
        return (dataStart + begin)..<(dataStart + end)
    }

    /// Bytes of a tensor; `nil` when any partial product is beyond `Int`, even where a zero follows.
    static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
        var count = 1
        for extent in shape + [dtype.byteCount] {
            let product = count.multipliedReportingOverflow(by: extent)
            guard !product.overflow else { return nil }
            count = product.partialValue
        }
        return count
    }

    private func dtype(_ name: String, _ value: JSONValue) throws -> DType {
        guard case .string(let text) = value else {
            throw bad(name, "dtype is of the wrong kind", expected: "string", found: value.kind)
        }
        if let dtype = DType(rawValue: text) { return dtype }
        let known = Self.unsupportedTypes.contains(text)
        throw CheckpointError(
            .dtype, file: file, tensor: name, known ? "unsupported element type" : "unknown element type",
            expected: "one of " + DType.allCases.map(\.rawValue).joined(separator: ", "), found: text)
    }

    private func integers(_ name: String, _ key: String, _ value: JSONValue) throws -> [Int] {
        guard case .array(let values) = value else {
            throw bad(name, "\(key) is of the wrong kind", expected: "array", found: value.kind)
        }
        return try values.map { value in
            guard case .number(let number) = value, let integer = number.int64, integer >= 0 else {
                throw bad(name, "\(key) must hold integers from 0 on", found: Self.shown(value))
            }
            return Int(integer)
        }
    }

    private func member(_ name: String, _ object: JSONObject, _ key: String) throws -> JSONValue {
        guard let value = object[key] else { throw bad(name, "the entry has no \"\(key)\"") }
        return value
    }

    private static func shown(_ value: JSONValue) -> String {
        if case .number(let number) = value { number.text } else { value.kind }
    }

    private func bad(
        _ name: String, _ problem: String, expected: String? = nil, found: String? = nil
    ) -> CheckpointError {
        CheckpointError(.headerEntry, file: file, tensor: name, offset: 8, problem, expected: expected, found: found)
    }
}
