import Core

/// Reads the values of GGUF's metadata as texts that no two values share: numbers and arrays with their types, strings
/// in quotes. Long arrays, such as vocabularies, become their size and the SHA-256 of their bytes in the file.
struct GGUFMetadataReader {
    /// Arrays of arrays are read so deep.
    static let depthLimit = 8
    /// More elements, or a longer text of them, and the array is given by its digest.
    static let elementLimit = 16
    static let textLimit = 1024

    /// The text of the next value: its type, then itself.
    func value(_ cursor: inout GGUFCursor, key: String) throws -> String {
        try value(try type(&cursor, key), &cursor, key, depth: 1)
    }

    private func type(_ cursor: inout GGUFCursor, _ key: String) throws -> GGUFValueType {
        let start = cursor.position
        let number = try cursor.integer(UInt32.self, "the type of \(key)")
        guard let type = GGUFValueType(rawValue: number) else {
            throw CheckpointError(
                .headerEntry, file: cursor.file.path, offset: start, "unknown type of the value of \(key)",
                expected: "0…12", found: "\(number)")
        }
        return type
    }

    private func value(
        _ type: GGUFValueType, _ cursor: inout GGUFCursor, _ key: String, depth: Int
    ) throws -> String {
        func number<Integer: FixedWidthInteger & UnsignedInteger>(_ type: Integer.Type) throws -> Integer {
            try cursor.integer(type, "the value of \(key)")
        }
        switch type {
        case .uint8: return "uint8 \(try number(UInt8.self))"
        case .int8: return "int8 \(Int8(bitPattern: try number(UInt8.self)))"
        case .uint16: return "uint16 \(try number(UInt16.self))"
        case .int16: return "int16 \(Int16(bitPattern: try number(UInt16.self)))"
        case .uint32: return "uint32 \(try number(UInt32.self))"
        case .int32: return "int32 \(Int32(bitPattern: try number(UInt32.self)))"
        case .uint64: return "uint64 \(try number(UInt64.self))"
        case .int64: return "int64 \(Int64(bitPattern: try number(UInt64.self)))"
        case .float32:
            let bits = try number(UInt32.self)
            let float = Float(bitPattern: bits)
            return "float32 " + (float.isNaN ? "NaN 0x" + String(bits, radix: 16) : "\(float)")
        case .float64:
            let bits = try number(UInt64.self)
            let float = Double(bitPattern: bits)
            return "float64 " + (float.isNaN ? "NaN 0x" + String(bits, radix: 16) : "\(float)")
        case .string: return JSONValue.string(try cursor.text("the value of \(key)")).canonical
        case .array: return try array(&cursor, key, depth: depth)
        case .bool:
            let start = cursor.position
            let byte = try number(UInt8.self)
            guard byte < 2 else {
                throw CheckpointError(
                    .headerEntry, file: cursor.file.path, offset: start, "the value of \(key) is no bool",
                    expected: "0 or 1", found: "\(byte)")
            }
            return byte == 1 ? "true" : "false"
        }
    }

    private func array(_ cursor: inout GGUFCursor, _ key: String, depth: Int) throws -> String {
        guard depth <= Self.depthLimit else {
            throw CheckpointError(
                .headerEntry, file: cursor.file.path, offset: cursor.position,
                "arrays nested too deep in the value of \(key)", expected: "at most \(Self.depthLimit) levels")
        }
        let type = try type(&cursor, key)
        let count = try cursor.count(of: type.byteCount, "number of elements of \(key)")
        let start = cursor.position
        var shown: String? = count <= Self.elementLimit ? "" : nil
        // Numbers can have any bytes; all else is checked one by one, however long the array is.
        let isPassed = shown == nil && ![.bool, .string, .array].contains(type)
        if isPassed { try cursor.pass(count * type.byteCount, "the value of \(key)") }
        for _ in 0..<(isPassed ? 0 : count) {
            let element = try value(type, &cursor, key, depth: depth + 1)
            guard let text = shown else { continue }
            // The array says of which type its numbers are.
            let next = [.string, .bool, .array].contains(type) ? element : String(element.dropFirst("\(type) ".count))
            shown = text.utf8.count + next.utf8.count > Self.textLimit ? nil : text + (text.isEmpty ? "" : ", ") + next
        }
        if let shown { return "\(type) [\(shown)]" }
        let digest = try Self.digest(cursor.file, start..<cursor.position)
        return "\(type) [\(count), sha256 \(digest.hex)]"
    }

    private static func digest(_ file: OpenFile, _ range: Range<Int>) throws -> Digest {
        var stream = SHA256Stream()
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            stream.update(try file.bytes(start..<min(start + (1 << 20), range.upperBound)))
        }
        return stream.finalize()
    }
}
