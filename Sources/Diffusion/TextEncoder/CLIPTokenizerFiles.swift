import Digests

extension CLIPTokenizer {
    static let beginToken = "<|startoftext|>"
    static let endToken = "<|endoftext|>"

    /// Reads a tokenizer folder: `vocab.json`, `merges.txt` and, where they are, the padding token and the length of
    /// `tokenizer_config.json` and the padding token of `special_tokens_map.json`.
    /// - Throws: `CLIPTokenizerError`, `FileError`, `JSONSyntaxError`.
    public init(folder: String) throws {
        let settings = try CLIPTokenizerSettings(folder: folder)
        try self.init(
            vocabulary: folder + "/vocab.json", merges: folder + "/merges.txt",
            padToken: settings.padToken ?? Self.endToken, maximumLength: settings.maximumLength ?? 77)
    }

    /// Reads the two files of a vocabulary.
    /// - Parameters:
    ///   - vocabulary: path of `vocab.json`.
    ///   - merges: path of `merges.txt`.
    ///   - padToken: token to pad with; like the other special tokens it is also found verbatim in captions, so "!"
    ///     (SDXL's second encoder) turns every exclamation mark into the padding id, as it does in transformers.
    ///   - maximumLength: ids in an encoding, at least 2.
    /// - Throws: `CLIPTokenizerError`, `FileError`, `JSONSyntaxError`.
    public init(
        vocabulary: String, merges: String, padToken: String = "<|endoftext|>", maximumLength: Int = 77
    ) throws {
        try self.init(
            vocabulary: try FileContents.read(vocabulary), vocabularyFile: vocabulary,
            merges: try FileContents.read(merges), mergesFile: merges, padToken: padToken,
            maximumLength: maximumLength)
    }

    /// Takes the contents of the two files; the names are for messages.
    /// - Throws: `CLIPTokenizerError`, `JSONSyntaxError`.
    public init(
        vocabulary: [UInt8], vocabularyFile: String = "vocab.json", merges: [UInt8],
        mergesFile: String = "merges.txt", padToken: String = "<|endoftext|>", maximumLength: Int = 77
    ) throws {
        guard maximumLength >= 2 else {
            throw CLIPTokenizerError(
                file: vocabularyFile, "no room for the begin and end tokens", expected: "a length of at least 2",
                found: "\(maximumLength)")
        }
        let vocabulary = try CLIPTokenizerVocabulary(bytes: vocabulary, file: vocabularyFile)
        beginID = try vocabulary.require(special: Self.beginToken)
        endID = try vocabulary.require(special: Self.endToken)
        padID = try vocabulary.require(special: padToken)
        vocabularySize = vocabulary.size
        self.maximumLength = maximumLength
        self.merges = try Self.readMerges(merges, file: mergesFile, vocabulary: vocabulary)
        let unknown = endID
        let names = Self.byteScalars.map { String(Character($0)) }
        innerIDs = names.map { vocabulary[$0] ?? unknown }
        finalIDs = names.map { vocabulary[$0 + "</w>"] ?? unknown }
        var specials = [(Self.beginToken, beginID), (Self.endToken, endID)]
        if padID != beginID, padID != endID { specials.append((padToken, padID)) }
        self.specials = specials.map { (Array($0.unicodeScalars), $1) }.sorted { $0.0.count > $1.0.count }
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

    /// `merges.txt`: an optional `#version` line, then two tokens a line, the most important first.
    private static func readMerges(
        _ bytes: [UInt8], file: String, vocabulary: CLIPTokenizerVocabulary
    ) throws -> [CLIPTokenizerPair: CLIPTokenizerMerge] {
        var merges: [CLIPTokenizerPair: CLIPTokenizerMerge] = [:]
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        while let last = lines.last, last.isEmpty || last == [0x0D] { lines.removeLast() }
        for (index, line) in lines.enumerated() {
            if index == 0, line.starts(with: "#version".utf8) { continue }
            let text = String(validating: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            let parts = text?.split(separator: " ", omittingEmptySubsequences: false) ?? []
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw CLIPTokenizerError(
                    file: file, line: index + 1, "not a merge", expected: "two tokens with a space between them",
                    found: text.map { "\"\($0)\"" } ?? "invalid UTF-8")
            }
            func id(_ token: String) throws -> Int {
                if let id = vocabulary[token] { return id }
                throw CLIPTokenizerError(file: file, line: index + 1, "\"\(token)\" is not in \(vocabulary.file)")
            }
            let pair = CLIPTokenizerPair(left: try id(String(parts[0])), right: try id(String(parts[1])))
            let merge = CLIPTokenizerMerge(rank: index, id: try id(String(parts[0] + parts[1])))
            if let earlier = merges.updateValue(merge, forKey: pair) {
                throw CLIPTokenizerError(
                    file: file, line: index + 1, "the merge of \"\(parts[0])\" and \"\(parts[1])\" stands here again",
                    expected: "it only on line \(earlier.rank + 1)")
            }
        }
        return merges
    }
}
