/// A byte-level BPE vocabulary in CLIP's format that knows every word of the captions as one token.
///
/// Order of the ids, as in CLIP: 256 byte symbols, the same 256 with the word ending `</w>`, one token a merge,
/// `<|startoftext|>`, `<|endoftext|>`. The merges come from plain BPE training over the words of all captions (each word
/// once): the most frequent neighbours first, ties by the symbols' bytes, until each word is one token.
package struct ShapesVocabulary: Sendable {
    /// The tokens in order of their ids.
    package let tokens: [String]
    /// The merges in order of their ranks.
    package let merges: [(left: String, right: String)]

    /// The vocabulary of the shapes world.
    package init() {
        merges = Self.train(Self.words)
        let bytes = Self.byteSymbols
        tokens =
            bytes + bytes.map { $0 + "</w>" } + merges.map { $0.left + $0.right }
            + ["<|startoftext|>", "<|endoftext|>"]
    }

    /// The contents of `vocab.json`: one object, tokens to ids, in order of the ids.
    package var vocabularyJSON: String {
        let members = tokens.enumerated().map { "\(Self.quoted($1)): \($0)" }
        return "{" + members.joined(separator: ", ") + "}\n"
    }

    /// The contents of `merges.txt`: a version line, then one merge a line.
    package var mergesText: String {
        (["#version: 0.2"] + merges.map { "\($0.left) \($0.right)" }).joined(separator: "\n") + "\n"
    }

    /// All words of all captions, in order of their bytes.
    static var words: [String] {
        var words: Set<String> = []
        for caption in ShapesCaption.all {
            for word in caption.text.split(separator: " ") { words.insert(String(word)) }
        }
        return words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// CLIP's printable stand-ins for the bytes, in CLIP's order: the printable bytes stand for themselves, and the
    /// others, ascending, for U+0100 and following.
    static var byteSymbols: [String] {
        let printable = Array(UInt32(33)...126) + Array(UInt32(161)...172) + Array(UInt32(174)...255)
        let others = (UInt32(0)...255).filter { !printable.contains($0) }
        let scalars = printable + others.indices.map { UInt32(256 + $0) }
        return scalars.map { String(Character(Unicode.Scalar($0)!)) }
    }

    private static func train(_ words: [String]) -> [(left: String, right: String)] {
        var spellings = words.map { word -> [String] in
            var symbols = word.map { String($0) }
            symbols[symbols.count - 1] += "</w>"
            return symbols
        }
        var merges: [(left: String, right: String)] = []
        while let pair = mostFrequentPair(spellings) {
            merges.append(pair)
            spellings = spellings.map { merge(pair, in: $0) }
        }
        return merges
    }

    private static func mostFrequentPair(_ spellings: [[String]]) -> (left: String, right: String)? {
        var counts: [String: (pair: (left: String, right: String), count: Int)] = [:]
        for symbols in spellings {
            for pair in zip(symbols, symbols.dropFirst()) {
                counts["\(pair.0) \(pair.1)", default: (pair, 0)].count += 1
            }
        }
        // The order of the dictionary cannot show: the pair's name breaks every tie.
        return counts.min { a, b in
            a.value.count != b.value.count
                ? a.value.count > b.value.count : a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
        }?.value.pair
    }

    private static func merge(_ pair: (left: String, right: String), in symbols: [String]) -> [String] {
        var result: [String] = []
        var index = 0
        while index < symbols.count {
            if index + 1 < symbols.count, symbols[index] == pair.left, symbols[index + 1] == pair.right {
                result.append(pair.left + pair.right)
                index += 2
            } else {
                result.append(symbols[index])
                index += 1
            }
        }
        return result
    }

    private static func quoted(_ token: String) -> String {
        var text = "\""
        for scalar in token.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
