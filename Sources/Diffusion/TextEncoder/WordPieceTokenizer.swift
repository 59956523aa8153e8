import Core

/// BERT's WordPiece, as `bert-base-uncased` is read: words in lower case without accents (`BasicWords`), each cut into the
/// longest pieces of the vocabulary from the left; a word that cannot be cut so is unknown as a whole.
///
/// Source: `BertTokenizer` of transformers 4.30, with the tokens that BLIP adds (`init_tokenizer` in `models/BLIP/blip.py`
/// of THUDM/ImageReward). Special tokens that stand in the text verbatim become their ids.
package struct WordPieceTokenizer: Sendable {
    /// The name of the vocabulary's file: a token a line, its id the line's number from 0.
    package static let fileName = "vocab.txt"
    /// How texts are read, as records name it.
    package static let reader = "bert-uncased"

    /// Number of ids, BLIP's added ones included.
    package let vocabularySize: Int
    /// Stands for the vocabulary.
    package let digest: Digest
    private let ids: [[UInt8]: Int]
    private let special: AddedTokenMatcher
    private let beginID: Int
    private let endID: Int
    private let padID: Int
    private let unknownID: Int
    /// Bytes of the longest piece.
    private let longest: Int

    /// A longer word is unknown (`max_input_chars_per_word`).
    private static let mostScalars = 100
    private static let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    /// What BLIP appends to the vocabulary, in this order.
    private static let added = ["[DEC]", "[ENC]"]

    /// Reads a vocabulary. - Throws: `FileError`, `CLIPTokenizerError`.
    package init(path: String) throws { try self.init(bytes: FileContents.read(path), file: path) }

    /// Takes the contents of a vocabulary; `file` is for messages. - Throws: `CLIPTokenizerError`.
    package init(bytes: [UInt8], file: String) throws {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw CLIPTokenizerError(file: file, "is not UTF-8", expected: "a token a line")
        }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            Array(line.last == 0x0D ? line.dropLast() : line)
        }
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        var ids: [[UInt8]: Int] = [:]
        for (id, line) in lines.enumerated() {
            // A second line of one token takes the first one's place in transformers, which no published file has.
            guard ids.updateValue(id, forKey: line) == nil else {
                throw CLIPTokenizerError(
                    file: file, line: id + 1, "a token that stands there twice",
                    found: "\"\(String(decoding: line, as: UTF8.self))\"")
            }
        }
        for name in WordPieceTokenizer.added where ids[Array(name.utf8)] == nil { ids[Array(name.utf8)] = ids.count }
        func id(_ name: String) throws -> Int {
            if let id = ids[Array(name.utf8)] { return id }
            throw CLIPTokenizerError(
                file: file, "the special token \(name) is missing", expected: "BERT's vocabulary, a token a line",
                found: "\(lines.count) lines")
        }
        special = AddedTokenMatcher(
            try (WordPieceTokenizer.names + WordPieceTokenizer.added).map {
                (AddedToken(special: $0), Array($0.unicodeScalars), try id($0))
            })
        (padID, unknownID, beginID, endID) = (try id("[PAD]"), try id("[UNK]"), try id("[CLS]"), try id("[SEP]"))
        vocabularySize = ids.count
        longest = ids.keys.map(\.count).max() ?? 0
        self.ids = ids
        digest = .of(.file, bytes)
    }

    /// A text between `[CLS]` and `[SEP]`, cut to `length` ids where it is longer, without padding.
    package func encode(_ text: String, length: Int) -> (ids: [Int], isTruncated: Bool) {
        precondition(length >= 2, "an encoding needs room for the begin and end tokens")
        let tokens = tokenIDs(text)
        return ([beginID] + tokens.prefix(length - 2) + [endID], tokens.count > length - 2)
    }

    /// The ids filled up to `length`.
    package func padded(_ ids: [Int], length: Int) -> [Int] {
        ids + [Int](repeating: padID, count: max(0, length - ids.count))
    }

    /// The text's ids alone.
    package func tokenIDs(_ text: String) -> [Int] {
        let scalars = Array(text.unicodeScalars)
        return special.pieces(scalars).flatMap { piece -> [Int] in
            switch piece {
            case .token(let id): [id]
            case .plain(let range): BasicWords.words(scalars[range]).flatMap(pieces)
            }
        }
    }

    private func pieces(_ word: [Unicode.Scalar]) -> [Int] {
        guard word.count <= WordPieceTokenizer.mostScalars else { return [unknownID] }
        let parts = word.map { Array(String(Character($0)).utf8) }
        var (result, start): ([Int], Int) = ([], 0)
        while start < parts.count {
            var text: [UInt8] = start == 0 ? [] : Array("##".utf8)
            var found: (id: Int, end: Int)?
            for end in start..<parts.count {
                text += parts[end]
                if text.count > longest { break }
                if let id = ids[text] { found = (id, end + 1) }
            }
            guard let found else { return [unknownID] }
            result.append(found.id)
            start = found.end
        }
        return result
    }
}
