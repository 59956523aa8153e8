import Core

/// What the files of a tokenizer say besides its vocabulary: special and added tokens, padding, length. Which file counts
/// where several speak is as transformers 5 has it.
struct CLIPTokenizerSettings {
    /// Tokens to find in captions, in the order in which they get ids. A later one takes the place of an earlier one of
    /// the same text.
    let added: [AddedToken]
    /// The ids that the files give to added tokens, with the file that does.
    let stated: [(content: String, id: Int, file: String)]
    /// The padding token.
    let padToken: String
    /// `model_max_length`, where it is a real limit and not transformers' "very large".
    let maximumLength: Int?

    /// `cls_token` and the others in the order in which transformers adds them.
    private static let names = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]
    /// `CLIPTokenizer`'s own tokens. A vocabulary has no others for the first three here.
    private static let defaults = [
        "bos_token": CLIPTokenizer.beginToken, "eos_token": CLIPTokenizer.endToken,
        "unk_token": CLIPTokenizer.endToken, "pad_token": CLIPTokenizer.endToken,
    ]

    /// Reads `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`; each may be missing.
    ///
    /// With `added_tokens_decoder` in the configuration, that alone says what the added tokens are. Without it the tokens
    /// of `special_tokens_map.json` count before the configuration's, and the added tokens are those of
    /// `added_tokens.json` and of `document`.
    /// - Throws: `CLIPTokenizerError`, `JSONSyntaxError`, `JSONShapeError`.
    init(_ files: TokenizerFiles, document: CLIPTokenizerDocument?) throws {
        let config = try files.json("tokenizer_config.json")
        try config.map(Self.requireSupported)
        var named = Self.defaults.mapValues { NamedToken.text($0) }
        var places: [String: String] = [:]
        var extra = try config.map { try Self.read($0, into: &named, &places) } ?? []
        var decoder: [(token: AddedToken, id: Int, file: String)] = []
        if let tokens = try config?["added_tokens_decoder"].present {
            decoder = try tokens.members().map { key, value in
                guard let id = Int(key), id >= 0 else {
                    throw tokens.error(expected: "ids as keys", found: "\"\(key)\"")
                }
                return (try AddedToken(value), id, value.file)
            }
        } else {
            if let map = try files.json("special_tokens_map.json") {
                let more = try Self.read(map, into: &named, &places, areSpecial: true)
                if !more.isEmpty { extra = more }
            }
            let special = Set((named.values + extra).map { Array($0.content.utf8) })
            for (content, id) in try files.json("added_tokens.json")?.members() ?? [] {
                let token = AddedToken(content, isSpecial: special.contains(Array(content.utf8)))
                decoder.append((token, try id.int(), id.file))
            }
            decoder += document?.added ?? []
        }
        stated = decoder.map { ($0.token.content, $0.id, $0.file) }

        // Of two entries with one id the later one counts; the order of the ids is that of adding.
        var byID: [Int: AddedToken] = [:]
        for entry in decoder { byID[entry.id] = entry.token }
        var tokens = byID.sorted { $0.key < $1.key }.map { NamedToken.token($0.value) }
        let known = tokens.map(\.content)
        for name in Self.names {
            guard var token = named[name] else { continue }
            if let entry = decoder.last(where: { utf8Equal($0.token.content, token.content) }) {
                token = .token(entry.token)
                named[name] = token
            }
            if !known.contains(where: { utf8Equal($0, token.content) }), !tokens.contains(token) {
                tokens.append(token)
            }
        }
        for token in extra where !known.contains(where: { utf8Equal($0, token.content) }) && !tokens.contains(token) {
            tokens.append(token)
        }
        added = try tokens.map(\.token).filter { !$0.content.isEmpty }.map { token in
            let scalars = token.content.unicodeScalars
            guard !AddedTokenMatcher.isSpace(scalars.first!), !AddedTokenMatcher.isSpace(scalars.last!) else {
                throw CLIPTokenizerError(
                    file: files.folder, "the added token \"\(token.content)\" begins or ends with white space",
                    expected: "one that does not")
            }
            return token
        }
        try Self.requireOwn(named, places, files)
        guard let pad = named["pad_token"], !pad.content.isEmpty else {
            throw CLIPTokenizerError(
                file: places["pad_token"] ?? files.folder, "pad_token is empty: there is nothing to pad captions with",
                expected: "a token such as \"\(CLIPTokenizer.endToken)\"")
        }
        padToken = pad.content
        let length = try config?["model_max_length"].present?.double()
        maximumLength = length.flatMap { $0 >= 1 && $0 <= 1_000_000 ? Int($0) : nil }
    }

    /// Takes the special tokens that an object names; gives the additional ones.
    private static func read(
        _ cursor: JSONCursor, into named: inout [String: NamedToken], _ places: inout [String: String],
        areSpecial: Bool = false
    ) throws -> [NamedToken] {
        var extra: [NamedToken] = []
        for (key, value) in try cursor.members() {
            if key == "additional_special_tokens" || key == "extra_special_tokens" {
                guard let value = value.present else { continue }
                if case .object(let object)? = value.value, object.count == 0 { continue }
                // `extra_special_tokens` is the newer name, and counts where both are there.
                extra = try value.elements().map { try NamedToken($0, isSpecial: areSpecial) } + extra
            } else if names.contains(key) {
                named[key] = try value.present.map { try NamedToken($0, isSpecial: areSpecial) }
                places[key] = value.file
            } else if key.hasSuffix("_token"), !key.hasPrefix("add_"), value.present != nil {
                throw value.error(expected: "only the special tokens \(names.joined(separator: ", "))", found: "\(key)")
            }
        }
        return extra
    }

    /// Refuses what `CLIPTokenizer` of transformers would do another way than here.
    private static func requireSupported(_ config: JSONCursor) throws {
        let neutral: [(key: String, allowed: [JSONValue])] = [
            ("tokenizer_class", CaptionTokenizer.classNames.map(JSONValue.string)), ("padding_side", ["right"]),
            ("truncation_side", ["right"]), ("split_special_tokens", [false]), ("do_lower_case", [true]),
        ]
        for (key, allowed) in neutral {
            let cursor = try config[key]
            guard let value = cursor.present?.value, !allowed.contains(value) else { continue }
            throw CLIPTokenizerError(
                file: cursor.file, "\(key) is not supported",
                expected: allowed.map(\.canonical).joined(separator: " or "), found: value.canonical)
        }
    }

    /// Begin, end and unknown token are CLIP's.
    private static func requireOwn(
        _ named: [String: NamedToken], _ places: [String: String], _ files: TokenizerFiles
    ) throws {
        for name in ["bos_token", "eos_token", "unk_token"] {
            guard let expected = defaults[name], named[name].map({ utf8Equal($0.content, expected) }) != true else {
                continue
            }
            throw CLIPTokenizerError(
                file: places[name] ?? files.folder, "\(name) is not CLIP's", expected: "\"\(expected)\"",
                found: named[name].map { "\"\($0.content)\"" } ?? "null")
        }
    }
}
