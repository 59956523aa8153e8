import Core

extension CLIPTokenizer {
    static let beginToken = "<|startoftext|>"
    static let endToken = "<|endoftext|>"

    /// Reads a tokenizer folder (`TokenizerFiles.init(folder:)`).
    /// - Throws: `CLIPTokenizerError`, `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    package init(folder: String) throws { try self.init(TokenizerFiles(folder: folder)) }

    /// Takes the files of a folder: `tokenizer.json`, or `vocab.json` and `merges.txt`, and where they are what
    /// `CLIPTokenizerSettings` reads. Where both forms of the vocabulary are there, they must agree.
    /// - Throws: `CLIPTokenizerError`, `JSONSyntaxError`, `JSONShapeError`.
    package init(_ files: TokenizerFiles) throws {
        let document = try files[CLIPTokenizerDocument.name].map {
            try CLIPTokenizerDocument($0, file: files.path(CLIPTokenizerDocument.name))
        }
        let vocabulary = try files["vocab.json"].map {
            try CLIPTokenizerVocabulary(bytes: $0, file: files.path("vocab.json"))
        }
        let merges = try files["merges.txt"].map {
            try CLIPTokenizerMergeList(text: $0, file: files.path("merges.txt"))
        }
        if let document { try Self.requireSame(document, vocabulary, merges) }
        guard let vocabulary = document?.vocabulary ?? vocabulary, let merges = document?.merges ?? merges else {
            throw CLIPTokenizerError(
                file: files.folder, "no vocabulary", expected: "tokenizer.json, or vocab.json and merges.txt")
        }
        let settings = try CLIPTokenizerSettings(files, document: document)
        try self.init(vocabulary, merges, settings.added, padToken: settings.padToken, settings.maximumLength)
        for (content, id, file) in settings.stated {
            guard let found = addedIDs[Array(content.utf8)], found != id else { continue }
            throw CLIPTokenizerError(
                file: file, "the id of the added token \"\(content)\" is not the one that it gets",
                expected: "\(found): its own in the vocabulary, or the next free one", found: "\(id)")
        }
    }

    /// Reads the two files of a vocabulary.
    /// - Parameters:
    ///   - vocabulary: path of `vocab.json`.
    ///   - merges: path of `merges.txt`.
    ///   - padToken: token to pad with; like the other special tokens it is also found verbatim in captions, so "!"
    ///     (SDXL's second encoder) turns every exclamation mark into the padding id, as it does in transformers.
    ///   - maximumLength: ids in an encoding, at least 2.
    /// - Throws: `CLIPTokenizerError`, `FileError`, `JSONSyntaxError`.
    package init(
        vocabulary: String, merges: String, padToken: String = "<|endoftext|>", maximumLength: Int = 77
    ) throws {
        try self.init(
            vocabulary: try FileContents.read(vocabulary), vocabularyFile: vocabulary,
            merges: try FileContents.read(merges), mergesFile: merges, padToken: padToken,
            maximumLength: maximumLength)
    }

    /// Takes the contents of the two files; the names are for messages.
    /// - Throws: `CLIPTokenizerError`, `JSONSyntaxError`.
    package init(
        vocabulary: [UInt8], vocabularyFile: String = "vocab.json", merges: [UInt8],
        mergesFile: String = "merges.txt", padToken: String = "<|endoftext|>", maximumLength: Int = 77
    ) throws {
        let vocabulary = try CLIPTokenizerVocabulary(bytes: vocabulary, file: vocabularyFile)
        _ = try vocabulary.require(special: padToken)
        try self.init(
            vocabulary, CLIPTokenizerMergeList(text: merges, file: mergesFile),
            [Self.beginToken, Self.endToken, padToken].map { AddedToken(special: $0) }, padToken: padToken,
            maximumLength)
    }

    private init(
        _ vocabulary: CLIPTokenizerVocabulary, _ merges: CLIPTokenizerMergeList, _ added: [AddedToken],
        padToken: String, _ statedLength: Int?
    ) throws {
        let maximumLength = statedLength ?? 77
        guard maximumLength >= 2 else {
            throw CLIPTokenizerError(
                file: vocabulary.file, "no room for the begin and end tokens", expected: "a length of at least 2",
                found: "\(maximumLength)")
        }
        beginID = try vocabulary.require(special: Self.beginToken)
        endID = try vocabulary.require(special: Self.endToken)
        (self.maximumLength, self.statedLength) = (maximumLength, statedLength)
        self.merges = try merges.ranks(vocabulary)
        let unknown = endID
        let names = Self.byteScalars.map { String(Character($0)) }
        innerIDs = names.map { vocabulary[$0] ?? unknown }
        finalIDs = names.map { vocabulary[$0 + "</w>"] ?? unknown }

        // A token that the vocabulary has keeps its id, others follow behind it; of two of one text the later one counts.
        var ids: [[UInt8]: Int] = [:]
        var (tokens, order): ([[UInt8]: AddedToken], [[UInt8]]) = ([:], [])
        var next = vocabulary.count
        for token in added {
            let content = Array(token.content.utf8)
            tokens[content] = token
            if ids[content] == nil {
                ids[content] = vocabulary[token.content] ?? next
                if vocabulary[token.content] == nil { next += 1 }
                order.append(content)
            }
        }
        addedIDs = ids
        vocabularySize = max(vocabulary.size, (ids.values.max() ?? -1) + 1)
        guard let pad = ids[Array(padToken.utf8)] else { preconditionFailure("the padding token is added") }
        padID = pad
        func matcher(normalized: Bool) throws -> AddedTokenMatcher {
            var owners: [[Unicode.Scalar]: String] = [:]
            let patterns = try order.compactMap { content -> (AddedToken, [Unicode.Scalar], Int)? in
                guard let token = tokens[content], token.isNormalized == normalized, let id = ids[content] else {
                    return nil
                }
                let scalars = Array(token.content.unicodeScalars)
                let text = normalized ? Self.normalized(scalars[...]) : scalars
                // Which of the two transformers finds is left to chance.
                if let other = owners.updateValue(token.content, forKey: text) {
                    throw CLIPTokenizerError(
                        file: vocabulary.file,
                        "the added tokens \"\(other)\" and \"\(token.content)\" are one in normalised text",
                        expected: "tokens that can be told apart")
                }
                return (token, text, id)
            }
            return AddedTokenMatcher(patterns)
        }
        verbatimTokens = AddedTokenMatcher(
            order.compactMap { content in
                guard let token = tokens[content], let id = ids[content] else { return nil }
                return (token, Array(token.content.unicodeScalars), id)
            })
        (rawTokens, normalizedTokens) = (try matcher(normalized: false), try matcher(normalized: true))
    }

    /// The character that stands for each byte in the files: itself where it is printable Latin-1, else the next free
    /// one from U+0100 on (`bytes_to_unicode` of GPT-2).
    static let byteScalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt32(0)..<256).map { byte in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                return Unicode.Scalar(UInt8(byte))
            }
            defer { next += 1 }
            return Unicode.Scalar(next)!
        }
    }()

    /// Refuses files that say another vocabulary than `document`, which is the one that transformers takes.
    private static func requireSame(
        _ document: CLIPTokenizerDocument, _ vocabulary: CLIPTokenizerVocabulary?, _ merges: CLIPTokenizerMergeList?
    ) throws {
        let hint = "as \(document.vocabulary.file) says, which transformers takes; keep one of the two"
        if let vocabulary, let (token, expected, found) = document.vocabulary.firstDifference(from: vocabulary) {
            throw CLIPTokenizerError(
                file: vocabulary.file, "another id for the token \"\(token)\"",
                expected: "\(expected.map { "\($0)" } ?? "none"), \(hint)", found: found.map { "\($0)" } ?? "none")
        }
        if let merges, let place = document.merges.firstDifference(from: merges) {
            func text(_ list: CLIPTokenizerMergeList) -> String {
                list.entries.indices.contains(place)
                    ? "\"\(list.entries[place].left) \(list.entries[place].right)\"" : "none"
            }
            throw CLIPTokenizerError(
                file: merges.file, line: merges.entries.indices.contains(place) ? merges.entries[place].line : nil,
                "another merge in place \(place)", expected: "\(text(document.merges)), \(hint)", found: text(merges))
        }
    }
}
