import Core

/// `tokenizer.json`: all of a tokenizer in one file, as transformers 5 saves it. What it says of the way from text to ids
/// must be what CLIP does; whatever is another or unknown is refused by name.
struct CLIPTokenizerDocument {
    static let name = "tokenizer.json"

    /// Tokens with their ids.
    let vocabulary: CLIPTokenizerVocabulary
    /// What merges, the most important first.
    let merges: CLIPTokenizerMergeList
    /// `added_tokens` with the ids that the file gives them.
    let added: [(token: AddedToken, id: Int, file: String)]

    /// Reads the file's bytes; `file` is for messages.
    /// - Throws: `CLIPTokenizerError`, `JSONSyntaxError`, `JSONShapeError`.
    init(_ bytes: [UInt8], file: String) throws {
        let root = JSONCursor(try JSONValue.parse(bytes, file: file), name: "tokenizer", file: file)
        try root.requireOnly([
            "added_tokens", "decoder", "model", "normalizer", "padding", "post_processor", "pre_tokenizer",
            "truncation",
            "version",
        ])
        try Self.requireOneOf(root["version"], [.null, "1.0"])
        try Self.requireOneOf(root["normalizer"], [Self.normalizer])
        try Self.requirePreTokenizer(root["pre_tokenizer"])
        for key in ["truncation", "padding"] {
            guard let section = try root[key].present else { continue }
            try Self.requireOneOf(section["direction"], [.null, "Right"])
            try Self.requireOneOf(section["pad_to_multiple_of"], [.null])
        }
        let model = try root["model"]
        try Self.requireModel(model)
        vocabulary = try CLIPTokenizerVocabulary(model["vocab"].object(), bytes: bytes, file: file)
        merges = try CLIPTokenizerMergeList(model["merges"])
        added =
            try root["added_tokens"].present?.elements().map {
                (try AddedToken($0), try $0["id"].int(), file)
            } ?? []
        try requirePostProcessor(root["post_processor"])
    }

    /// Unicode normalisation form C, white space as one space each, lower case.
    private static let normalizer: JSONValue = [
        "type": "Sequence",
        "normalizers": [
            ["type": "NFC"], ["type": "Replace", "pattern": ["Regex": "\\s+"], "content": " "], ["type": "Lowercase"],
        ],
    ]

    /// CLIP's cuts, with and without the two literal tokens that transformers 5 put before them. It makes its own when it
    /// reads the file, so both are the same.
    private static let cuts: [String] = {
        let cuts = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
        return [#"<\|startoftext\|>|<\|endoftext\|>|"# + cuts, cuts]
    }()

    private static func requirePreTokenizer(_ section: JSONCursor) throws {
        try requireOneOf(section["type"], ["Sequence"])
        let parts = try section["pretokenizers"].elements()
        guard parts.count == 2 else {
            throw try section["pretokenizers"].error(expected: "2 elements", found: "\(parts.count)")
        }
        try requireOneOf(
            parts[0],
            cuts.map { ["type": "Split", "pattern": ["Regex": .string($0)], "behavior": "Removed", "invert": true] })
        try parts[1].requireOnly(["add_prefix_space", "trim_offsets", "type", "use_regex"])
        try requireOneOf(parts[1]["type"], ["ByteLevel"])
        try requireOneOf(parts[1]["add_prefix_space"], [false])
        try requireOneOf(parts[1]["use_regex"], [.null, true])
    }

    private static func requireModel(_ model: JSONCursor) throws {
        try model.requireOnly([
            "byte_fallback", "continuing_subword_prefix", "dropout", "end_of_word_suffix", "fuse_unk", "ignore_merges",
            "merges", "type", "unk_token", "vocab",
        ])
        let neutral: [(key: String, allowed: [JSONValue])] = [
            ("type", [.null, "BPE"]), ("byte_fallback", [.null, false]), ("continuing_subword_prefix", [.null, ""]),
            ("dropout", [.null]), ("end_of_word_suffix", ["</w>"]), ("fuse_unk", [.null, false]),
            ("ignore_merges", [.null, false]), ("unk_token", [.string(CLIPTokenizer.endToken)]),
        ]
        for (key, allowed) in neutral { try requireOneOf(model[key], allowed) }
    }

    /// Begin token, caption, end token, in either of the forms that transformers writes.
    private func requirePostProcessor(_ section: JSONCursor) throws {
        guard let section = section.present else { return }
        let (begin, end) = (CLIPTokenizer.beginToken, CLIPTokenizer.endToken)
        let ids = (begin: try vocabulary.require(special: begin), end: try vocabulary.require(special: end))
        if try section["type"].string() == "RobertaProcessing" {
            try section.requireOnly(["add_prefix_space", "cls", "sep", "trim_offsets", "type"])
            try Self.requireOneOf(section["cls"], [[.string(begin), .integer(ids.begin)]])
            return try Self.requireOneOf(section["sep"], [[.string(end), .integer(ids.end)]])
        }
        try Self.requireOneOf(section["type"], ["RobertaProcessing", "TemplateProcessing"])
        try section.requireOnly(["pair", "single", "special_tokens", "type"])
        func special(_ token: String) -> JSONValue { ["SpecialToken": ["id": .string(token), "type_id": 0]] }
        try Self.requireOneOf(
            section["single"], [[special(begin), ["Sequence": ["id": "A", "type_id": 0]], special(end)]])
        for (token, id) in [(begin, ids.begin), (end, ids.end)] {
            try Self.requireOneOf(section["special_tokens"][token]["ids"], [[.integer(id)]])
        }
    }

    /// Refuses a value that is none of `allowed`; a missing one counts as null.
    private static func requireOneOf(_ cursor: JSONCursor, _ allowed: [JSONValue]) throws {
        let value = cursor.value ?? .null
        guard !allowed.contains(value) else { return }
        let shown = value.canonical
        throw cursor.error(
            expected: allowed.map(\.canonical).joined(separator: " or "),
            found: shown.count > 160 ? shown.prefix(159) + "…" : shown)
    }
}
