import Core

/// `vocab.json`: an object of tokens with their ids.
struct CLIPTokenizerVocabulary {
    let file: String
    /// One more than the largest id.
    let size: Int
    /// The number of tokens.
    var count: Int { ids.count }
    /// Ids by the token's UTF-8 bytes; `String` would equate canonically equivalent tokens.
    private var ids: [[UInt8]: Int] = [:]

    /// Checks a vocabulary in memory; `file` is for messages.
    init(bytes: [UInt8], file: String) throws {
        guard case .object(let object) = try JSONValue.parse(bytes, file: file) else {
            throw CLIPTokenizerError(file: file, line: 1, "the vocabulary must be an object of tokens with their ids")
        }
        try self.init(object, bytes: bytes, file: file)
    }

    /// Checks the members of a vocabulary that stands somewhere in `bytes`. - Throws: `CLIPTokenizerError`.
    init(_ object: JSONObject, bytes: [UInt8], file: String) throws {
        self.file = file
        var owners: [Int: String] = [:]
        for (token, value) in object.members {
            guard case .number(let number) = value, let id = number.int64, (0..<(1 << 31)).contains(id) else {
                let found = if case .number(let number) = value { number.text } else { value.kind }
                throw CLIPTokenizerError(
                    file: file, line: Self.line(of: token, in: bytes), "no usable id for token \"\(token)\"",
                    expected: "an integer from 0 on", found: found)
            }
            if let other = owners[Int(id)] {
                let lines = [other, token].map { Self.line(of: $0, in: bytes) ?? 1 }
                throw CLIPTokenizerError(
                    file: file, line: lines.max(), "id \(id) is given to two tokens, \"\(other)\" and \"\(token)\"")
            }
            owners[Int(id)] = token
            ids[Array(token.utf8)] = Int(id)
        }
        size = (owners.keys.max() ?? -1) + 1
    }

    /// The token's id; `nil` when the vocabulary does not have it.
    subscript(token: String) -> Int? { ids[Array(token.utf8)] }

    /// The id of a token that must be there.
    /// - Throws: `CLIPTokenizerError` with the nearest token.
    func require(special token: String) throws -> Int {
        if let id = self[token] { return id }
        let nearest = NearestName.among(ids.keys.map { String(decoding: $0, as: UTF8.self) }, to: token)
        throw CLIPTokenizerError(
            file: file, "the special token \"\(token)\" is missing", found: nearest.map { "nearest \"\($0)\"" })
    }

    /// The first token, in byte order, that the two give different ids, with both ids; nil when they are equal.
    func firstDifference(
        from other: CLIPTokenizerVocabulary
    ) -> (token: String, own: Int?, other: Int?)? {
        let tokens = Set(ids.keys).union(other.ids.keys).filter { ids[$0] != other.ids[$0] }
        let texts = tokens.map { (text: String(decoding: $0, as: UTF8.self), bytes: $0) }
        guard let first = texts.min(by: { utf8Less($0.text, $1.text) }) else { return nil }
        return (first.text, ids[first.bytes], other.ids[first.bytes])
    }

    /// The line on which a token's key stands, as far as it is written without escapes.
    private static func line(of token: String, in bytes: [UInt8]) -> Int? {
        let key = Array(JSONValue.string(token).canonical.utf8)
        var line = 1
        for index in bytes.indices {
            if bytes[index] == key[0], bytes[index...].starts(with: key) {
                let rest = bytes[(index + key.count)...].drop { $0 == 0x20 || $0 == 0x09 }
                if rest.first == UInt8(ascii: ":") { return line }
            }
            if bytes[index] == 0x0A { line += 1 }
        }
        return nil
    }
}
