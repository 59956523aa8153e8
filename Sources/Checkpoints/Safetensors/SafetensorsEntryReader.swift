import Compute
import Core

/// Reads the members of a safetensors header.
struct SafetensorsEntryReader {
    let file: String
    /// Where the tensors' bytes begin; offsets in the header count from here.
    let dataStart: Int

    /// The texts under `__metadata__`; `null` is none, as for the reference implementation.
    func metadata(_ value: JSONValue) throws -> [(key: String, value: String)] {
        if case .null = value { return [] }
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
    func row(_ name: String, _ value: JSONValue) throws -> SafetensorsHeader.Row {
        guard case .object(let object) = value else {
            throw bad(name, "the entry is of the wrong kind", expected: "object", found: value.kind)
        }
        let known = ["data_offsets", "dtype", "shape"]
        for key in object.keys where !known.contains(where: { utf8Equal($0, key) }) {
            throw bad(name, "unknown key \"\(key)\"", expected: known.joined(separator: ", "))
        }
        let type = try type(name, try member(name, object, "dtype"))
        let shape = try integers(name, "shape", try member(name, object, "shape"))
        let offsets = try integers(name, "data_offsets", try member(name, object, "data_offsets"))
        guard offsets.count == 2 else {
            throw bad(name, "data_offsets must be two numbers", expected: "[begin, end]", found: "\(offsets)")
        }
        return SafetensorsHeader.Row(
            name: name, type: type, shape: shape, range: try range(name, type, shape, offsets[0], offsets[1]))
    }

    private func range(
        _ name: String, _ type: ElementType, _ shape: [Int], _ begin: Int, _ end: Int
    ) throws -> Range<Int> {
        guard ElementType.count(shape) != nil, let byteCount = type.byteCount(shape) else {
            let isWhole = ElementType.count(shape).map { $0 % type.elementsPerBlock == 0 } ?? true
            throw bad(
                name, isWhole ? "the shape has too many elements" : "\(type.name) elements do not fill whole bytes",
                found: "\(shape)")
        }
        guard begin <= end, end <= Int.max - dataStart, end - begin == byteCount else {
            throw CheckpointError(
                .offsets, file: file, tensor: name, "data_offsets do not fit \(type.name) \(shape)",
                expected: "\(byteCount) bytes", found: "[\(begin), \(end)]")
        }
        return (dataStart + begin)..<(dataStart + end)
    }

    private func type(_ name: String, _ value: JSONValue) throws -> ElementType {
        guard case .string(let text) = value else {
            throw bad(name, "dtype is of the wrong kind", expected: "string", found: value.kind)
        }
        if let type = ElementType(safetensors: text) { return type }
        throw CheckpointError(
            .dtype, file: file, tensor: name, "unknown element type",
            expected: "one of " + ElementType.safetensors.map(\.name).joined(separator: ", "), found: text)
    }

    private func integers(_ name: String, _ key: String, _ value: JSONValue) throws -> [Int] {
        guard case .array(let values) = value else {
            throw bad(name, "\(key) is of the wrong kind", expected: "array", found: value.kind)
        }
        return try values.map { value in
            // 2.0 and -0 are none, as for the reference implementation.
            guard case .number(let number) = value, number.text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let integer = number.int64
            else {
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
