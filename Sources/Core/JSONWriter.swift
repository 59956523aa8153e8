extension JSONValue {
    /// The canonical form: members in UTF-8 byte order of their keys, no space, numbers by the rule of `JSONNumber`,
    /// texts with the shortest escapes (`\"` `\\` `\b` `\t` `\n` `\f` `\r`, `\u00xx` for other characters below 0x20,
    /// everything else as UTF-8). Digests are computed over these bytes.
    package var canonicalBytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// `canonicalBytes` as a text.
    package var canonical: String { String(decoding: canonicalBytes, as: UTF8.self) }

    /// The form for people and for git: two spaces a level, one member or element a line, a line feed at the end.
    /// Same order, numbers and escapes as the canonical form.
    package var pretty: String {
        var writer = JSONWriter()
        writer.writePretty(self, level: 0)
        writer.bytes.append(0x0A)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Appends the text of JSON values to a byte buffer.
struct JSONWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue) {
        switch value {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(text: member.key)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        default: writeScalar(value)
        }
    }

    mutating func writePretty(_ value: JSONValue, level: Int) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                startLine(level: level + 1, first: index == 0)
                writePretty(element, level: level + 1)
            }
            endLine(level: level)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where object.count > 0:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                startLine(level: level + 1, first: index == 0)
                write(text: member.key)
                bytes.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: " ")])
                writePretty(member.value, level: level + 1)
            }
            endLine(level: level)
            bytes.append(UInt8(ascii: "}"))
        default: write(value)
        }
    }

    private mutating func startLine(level: Int, first: Bool) {
        if !first { bytes.append(UInt8(ascii: ",")) }
        endLine(level: level)
    }

    private mutating func endLine(level: Int) {
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func writeScalar(_ value: JSONValue) {
        switch value {
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: number.canonical.utf8)
        case .string(let text): write(text: text)
        default: bytes.append(contentsOf: "null".utf8)
        }
    }

    private mutating func write(text: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain =
            text.utf8.withContiguousStorageIfAvailable { utf8 in
                guard utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
                    return false
                }
                bytes.append(contentsOf: utf8)
                return true
            } ?? false
        for byte in text.utf8 where !isPlain {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x20...: bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            default: bytes.append(contentsOf: "\\u00\(Hex.encode([byte]))".utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
