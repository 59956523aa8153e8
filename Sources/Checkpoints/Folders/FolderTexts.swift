import Core

/// What the files of a folder say besides tensors, as metadata: configurations, vocabularies, schedules.
enum FolderTexts {
    /// Objects of more members are told apart by a digest: vocabularies have tens of thousands.
    private static let mostMembers = 1000
    /// Values of more bytes are told apart by a digest.
    private static let longestValue = 4096
    /// Files of more bytes are not parsed.
    private static let largestFile = 32 << 20

    /// Of a JSON object its members, as `unet/config.json: sample_size`; of anything else a digest, under the path.
    /// - Throws: `FileError`.
    static func entries(of file: InventoriedFile) throws -> [(key: String, value: String)] {
        // What is not strict JSON is compared by its bytes, whatever programs make of it.
        guard file.nature == .json, file.size <= largestFile, let value = try? JSONValue.read(file.place) else {
            return [(file.path, try bytes(file))]
        }
        guard case .object(let object) = value, object.count > 0 else { return [(file.path, shown(value))] }
        if utf8Equal(file.name, Checkpoint.adapterConfig) {
            // These are read again, as JSON, for what the adapter comes to.
            return object.members.map { ("\(file.path): \($0)", text($1)) }
        }
        guard object.count <= mostMembers else { return [(file.path, shown(value))] }
        return object.members.map { ("\(file.path): \($0)", shown($1)) }
    }

    private static func shown(_ value: JSONValue) -> String {
        let bytes = Array(text(value).utf8)
        if case .object(let object) = value, object.count > mostMembers {
            return "\(object.count) members, SHA-256 \(Digest.sha256(bytes))"
        }
        return bytes.count <= longestValue
            ? String(decoding: bytes, as: UTF8.self) : "\(bytes.count) bytes, SHA-256 \(Digest.sha256(bytes))"
    }

    /// The canonical JSON, but that floats which are whole numbers have a zero more than they need: 1.0 is another value
    /// than 1 to the programs that read it. It is JSON all the same, and no other value has the text.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .number(let number) where isFloat(number):
            let parts = number.canonical.split(separator: "e")
            return ([parts[0] + (parts[0].contains(".") ? "0" : ".0")] + parts.dropFirst()).joined(separator: "e")
        case .array(let elements): return "[" + elements.map(text).joined(separator: ",") + "]"
        case .object(let object):
            let members = object.members.sorted { utf8Less($0.key, $1.key) }
            return "{" + members.map { JSONValue.string($0).canonical + ":" + text($1) }.joined(separator: ",") + "}"
        default: return value.canonical
        }
    }

    private static func isFloat(_ number: JSONNumber) -> Bool {
        // A fraction has no integer that it could be taken for.
        (number.isInteger || number.canonical.contains("e"))
            && number.text.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    }

    private static func bytes(_ file: InventoriedFile) throws -> String {
        var stream = SHA256Stream()
        try FileContents.forEachBlock(of: file.place) { stream.update($0) }
        return "\(file.size) bytes, SHA-256 \(stream.finalize())"
    }
}
