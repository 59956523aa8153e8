extension JSONValue {
    /// The deepest nesting of lists and objects that is read.
    package static let depthLimit = 128

    /// Reads one JSON document and nothing after it.
    ///
    /// Stricter than RFC 8259: duplicate keys, lone surrogates, invalid UTF-8, a byte order mark, nesting deeper than
    /// `depthLimit` and exponents of more than four digits are refused.
    /// - Parameters:
    ///   - file: a name for error messages.
    ///   - valueLimit: the most values of any kind, for documents that nobody vouches for: a byte of text can become a
    ///     hundred bytes of values.
    ///   - nonFinite: whether `Infinity`, `-Infinity` and `NaN` are read, which Python's `json` writes; they become texts,
    ///     as `decimal` writes them.
    /// - Throws: `JSONSyntaxError`.
    package static func parse(
        _ bytes: [UInt8], file: String, valueLimit: Int = .max, nonFinite: Bool = false
    ) throws -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, file: file, valueLimit: valueLimit, nonFinite: nonFinite)
            return try parser.document()
        }
    }

    /// Reads one JSON document from a text, as `parse(_:file:)` for bytes. - Throws: `JSONSyntaxError`.
    package static func parse(_ text: String, file: String) throws -> JSONValue {
        try parse(Array(text.utf8), file: file)
    }

    /// Reads a file. - Throws: `FileError`, `JSONSyntaxError`.
    package static func read(_ path: String, nonFinite: Bool = false) throws -> JSONValue {
        try parse(try FileContents.read(path), file: path, nonFinite: nonFinite)
    }
}

/// A recursive-descent parser over borrowed bytes.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let file: String
    private var position = 0
    private var depth = 0
    private var valuesLeft: Int
    private let valueLimit: Int
    private let nonFinite: Bool

    init(bytes: UnsafeBufferPointer<UInt8>, file: String, valueLimit: Int, nonFinite: Bool) {
        self.bytes = bytes
        self.file = file
        self.nonFinite = nonFinite
        (self.valueLimit, valuesLeft) = (valueLimit, valueLimit)
    }

    mutating func document() throws -> JSONValue {
        skipSpace()
        let result = try value()
        skipSpace()
        guard position == bytes.count else { throw fault("unexpected \(seen()) after the document") }
        return result
    }

    private mutating func value() throws -> JSONValue {
        guard valuesLeft > 0 else { throw fault("more than \(valueLimit) values") }
        valuesLeft -= 1
        switch peek {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "I") where nonFinite: return try word("Infinity", .string("inf"))
        case UInt8(ascii: "N") where nonFinite: return try word("NaN", .string("nan"))
        case UInt8(ascii: "-")
        where nonFinite && position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "I"):
            return try word("-Infinity", .string("-inf"))
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return .number(try number())
        default: throw fault("expected a value, found \(seen())")
        }
    }

    private mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
        depth += 1
        guard depth <= JSONValue.depthLimit else { throw fault("nested deeper than \(JSONValue.depthLimit) levels") }
        position += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private mutating func array() throws -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or ']', found \(seen())") }
        }
    }

    private mutating func object() throws -> JSONValue {
        var members: [(member: JSONObject.Member, offset: Int)] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
        while true {
            skipSpace()
            let offset = position
            guard peek == UInt8(ascii: "\"") else { throw fault("expected a key in quotes, found \(seen())") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("expected ':', found \(seen())") }
            skipSpace()
            members.append(((key, try value()), offset))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(try sorted(members)) }
            guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or '}', found \(seen())") }
        }
    }

    private func sorted(_ members: [(member: JSONObject.Member, offset: Int)]) throws -> JSONObject {
        let pairs = zip(members, members.dropFirst())
        if pairs.allSatisfy({ utf8Less($0.member.key, $1.member.key) }) {
            return JSONObject(sorted: members.map(\.member))
        }
        // Sorting is stable, so of two equal keys the later one stands behind and is the one reported.
        let ordered = members.sorted { utf8Less($0.member.key, $1.member.key) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where utf8Equal(left.member.key, right.member.key) {
            throw fault("duplicate key \"\(right.member.key)\"", at: right.offset)
        }
        return JSONObject(sorted: ordered.map(\.member))
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
        let start = position
        let matches = text.withUTF8Buffer { bytes[start...].starts(with: $0) }
        guard matches else { throw fault("expected '\(text)'") }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws -> JSONNumber {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits("after the sign") }
        if let next = peek, isDigit(next) { throw fault("a number with a leading zero") }
        if take(UInt8(ascii: ".")) { try digits("after the point") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            let exponent = position
            try digits("of the exponent")
            guard position - exponent <= 4 else { throw fault("an exponent of more than four digits", at: exponent) }
        }
        return JSONNumber(validated: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits(_ place: String) throws {
        guard let first = peek, isDigit(first) else { throw fault("expected a digit \(place), found \(seen())") }
        while let next = peek, isDigit(next) { position += 1 }
    }

    // MARK: Texts

    private mutating func string() throws -> String {
        let start = position
        position += 1
        var end = position
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        {
            end += 1
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
            let result = try text(bytes[position..<end], at: position)
            position = end + 1
            return result
        }
        return try escapedString(start: start)
    }

    private mutating func escapedString(start: Int) throws -> String {
        var units: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text(units, at: start)
            case UInt8(ascii: "\\"): try escape(into: &units)
            case 0..<0x20: throw fault("a control character in a text must be escaped, found \(seen())")
            default:
                units.append(byte)
                position += 1
            }
        }
        throw fault("a text without end", at: start)
    }

    private mutating func escape(into units: inout [UInt8]) throws {
        let start = position
        position += 1
        let code = peek
        position += 1
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(code!)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"): units.append(contentsOf: Array(try unicodeEscape(start: start).utf8))
        default: throw fault("an unknown escape", at: start)
        }
    }

    private mutating func unicodeEscape(start: Int) throws -> String {
        let first = try hexUnit(start: start)
        if let scalar = Unicode.Scalar(first) { return String(Character(scalar)) }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw fault("a lone surrogate", at: start)
        }
        let second = try hexUnit(start: start)
        guard (0xDC00...0xDFFF).contains(second) else { throw fault("a lone surrogate", at: start) }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw fault("a lone surrogate", at: start) }
        return String(Character(scalar))
    }

    private mutating func hexUnit(start: Int) throws -> UInt16 {
        var result: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek, let value = Hex.value(digit | (isDigit(digit) ? 0 : 0x20)) else {
                throw fault("expected four hexadecimal digits after \\u", at: start)
            }
            result = result << 4 | UInt16(value)
            position += 1
        }
        return result
    }

    private func text(_ units: some Collection<UInt8>, at offset: Int) throws -> String {
        guard let result = String(validating: units, as: UTF8.self) else { throw fault("invalid UTF-8", at: offset) }
        return result
    }

    // MARK: Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private func seen() -> String {
        guard let byte = peek else { return "the end" }
        if byte > 0x20, byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        return "byte 0x" + Hex.encode([byte])
    }

    private func fault(_ reason: String, at offset: Int? = nil) -> JSONSyntaxError {
        let offset = min(offset ?? position, bytes.count)
        var (line, column) = (1, 1)
        for byte in bytes[..<offset] {
            column += 1
            if byte == 0x0A { (line, column) = (line + 1, 1) }
        }
        return JSONSyntaxError(file: file, offset: offset, line: line, column: column, reason: reason)
    }
}
