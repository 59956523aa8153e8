import Digests

/// What `tokenizer_config.json` and `special_tokens_map.json` say that matters here.
struct CLIPTokenizerSettings {
    /// The padding token, where one is named.
    let padToken: String?
    /// `model_max_length`, where it is a real limit and not transformers' "very large".
    let maximumLength: Int?

    /// Reads the files of a folder; either may be missing.
    /// - Throws: `CLIPTokenizerError`, `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    init(folder: String) throws {
        let config = try Self.read(folder + "/tokenizer_config.json")
        let map = try Self.read(folder + "/special_tokens_map.json")
        let tokens = try [config, map].map { try $0.flatMap { try Self.padToken($0) } }
        if let first = tokens[0], let second = tokens[1], !utf8Equal(first, second) {
            throw CLIPTokenizerError(
                file: folder + "/special_tokens_map.json", "pad_token differs from tokenizer_config.json",
                expected: "\"\(first)\"", found: "\"\(second)\"")
        }
        padToken = tokens[0] ?? tokens[1]
        let length = try config?["model_max_length"].present?.double()
        maximumLength = length.flatMap { $0 >= 1 && $0 <= 1_000_000 ? Int($0) : nil }
    }

    private static func read(_ path: String) throws -> JSONCursor? {
        guard FileContents.exists(path) else { return nil }
        return JSONCursor(try JSONValue.read(path), name: "tokenizer", file: path)
    }

    /// A token is written as a text or as an object with its text under `content`.
    private static func padToken(_ root: JSONCursor) throws -> String? {
        guard let token = try root["pad_token"].present else { return nil }
        if case .object = token.value { return try token["content"].string() }
        return try token.string()
    }
}
