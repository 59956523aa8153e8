import Foundation

/// CLIP's byte-level BPE, as `CLIPTokenizerFast` of transformers does it (`vocab.json` and `merges.txt`, or
/// `tokenizer.json`).
///
/// Special and added tokens that stand in the text verbatim become their ids (`AddedTokenMatcher`). The rest is put into
/// Unicode normalisation form C, lowercased scalar by scalar, searched for those added tokens that are found in normalised
/// text, cut into pieces (`CLIPTokenizerSplitter`), and each piece's UTF-8 bytes are merged, the last one carrying the
/// end-of-word mark `</w>`. Agreement with transformers 5.24 is tested. What is said up to the pieces holds for the reader
/// `transformers`; other programs read the same vocabulary in other ways (`CaptionReader`).
package struct CLIPTokenizer: Sendable {
    /// A caption as the text encoder takes it.
    package struct Encoding: Equatable, Sendable {
        /// Begin token, the caption, end token, then padding: `length` ids.
        package let ids: [Int]
        /// Ids before the padding, begin and end token included.
        package let tokenCount: Int
        /// Whether the caption was longer and its end was cut off.
        package let isTruncated: Bool
    }

    /// Number of ids: one more than the largest, added tokens included.
    package let vocabularySize: Int
    /// Ids in an encoding when nothing else is asked for: 77 in all published CLIP models.
    package let maximumLength: Int
    /// `model_max_length`, where the tokenizer's files state one.
    package let statedLength: Int?
    /// `<|startoftext|>`
    package let beginID: Int
    /// `<|endoftext|>`, also used for what the vocabulary cannot express.
    package let endID: Int
    /// What encodings are filled up with.
    package let padID: Int

    /// Tokens found in the text as it is, before anything else.
    let rawTokens: AddedTokenMatcher
    /// Tokens found in the normalised text between those.
    let normalizedTokens: AddedTokenMatcher
    /// All of them as they stand in the files, for readers that look for nothing else.
    let verbatimTokens: AddedTokenMatcher
    /// Ids of both by the UTF-8 bytes of their texts.
    let addedIDs: [[UInt8]: Int]
    /// Id of each byte within a word, by byte.
    let innerIDs: [Int]
    /// Id of each byte at the end of a word, by byte.
    let finalIDs: [Int]
    /// Which neighbours merge, by their ids.
    let merges: [CLIPTokenizerPair: CLIPTokenizerMerge]

    /// The caption with begin and end token, cut or padded to `length`.
    ///
    /// - Parameter length: ids wanted, at least 2; `nil` means `maximumLength`.
    package func encode(
        _ text: String, length: Int? = nil, reader: CaptionReader = .transformers
    ) -> Encoding {
        let length = length ?? maximumLength
        precondition(length >= 2, "an encoding needs room for the begin and end tokens")
        let tokens = tokenIDs(text, reader: reader)
        let kept = tokens.prefix(length - 2)
        let ids = [beginID] + kept + [endID]
        return Encoding(
            ids: ids + Array(repeating: reader == .openCLIP ? 0 : padID, count: length - ids.count),
            tokenCount: ids.count,
            isTruncated: kept.count < tokens.count)
    }

    /// Whether the caption's end is cut off in an encoding of `length` ids.
    package func cuts(_ text: String, to length: Int, reader: CaptionReader = .transformers) -> Bool {
        // A token takes at least one byte, and no reader makes ASCII longer.
        if text.utf8.count <= length - 2, text.utf8.allSatisfy({ $0 < 0x80 }) { return false }
        return encode(text, length: length, reader: reader).isTruncated
    }

    /// The caption's ids alone: no begin or end token, no padding, not cut.
    package func tokenIDs(_ text: String, reader: CaptionReader = .transformers) -> [Int] {
        let scalars = Array(text.unicodeScalars)
        var ids: [Int] = []
        guard reader.findsSpecialTokens else {
            appendWords(reader.prepared(scalars[...]), reader, to: &ids)
            return ids
        }
        for piece in (reader == .transformers ? rawTokens : verbatimTokens).pieces(scalars) {
            switch piece {
            case .token(let id): ids.append(id)
            case .plain(let range):
                if reader == .transformers {
                    appendPlain(scalars[range], to: &ids)
                } else {
                    appendWords(reader.prepared(scalars[range]), reader, to: &ids)
                }
            }
        }
        return ids
    }

    private func appendPlain(_ scalars: ArraySlice<Unicode.Scalar>, to ids: inout [Int]) {
        let normalized = Self.normalized(scalars)
        for piece in normalizedTokens.pieces(normalized) {
            switch piece {
            case .token(let id): ids.append(id)
            case .plain(let range):
                appendWords(Array(normalized[range]), .transformers, to: &ids)
            }
        }
    }

    private func appendWords(_ prepared: [Unicode.Scalar], _ reader: CaptionReader, to ids: inout [Int]) {
        let literals = reader.literals
        for word in CLIPTokenizerSplitter.pieces(
            prepared, literals: [literals.begin, literals.end], areWhole: literals.areTokens)
        {
            if literals.areTokens, word.elementsEqual(literals.begin.unicodeScalars) {
                ids.append(beginID)
            } else if literals.areTokens, word.elementsEqual(literals.end.unicodeScalars) {
                ids.append(endID)
            } else {
                ids.append(contentsOf: merge(word))
            }
        }
    }

    /// Form C, white space as one space each, and lower case one scalar at a time, so without the rule for a final sigma.
    static func normalized(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        var result: [Unicode.Scalar] = []
        var isAfterSpace = false
        for scalar in Self.composed(String(text)).unicodeScalars {
            let isSpace = AddedTokenMatcher.isSpace(scalar)
            if isSpace, isAfterSpace { continue }
            isAfterSpace = isSpace
            result.append(contentsOf: isSpace ? " ".unicodeScalars : scalar.properties.lowercaseMapping.unicodeScalars)
        }
        return result
    }

    /// Unicode normalisation form C. Everything is taken apart first: Foundation leaves a Hangul syllable and a
    /// following final consonant apart, but joins the three letters.
    static func composed(_ text: String) -> String {
        text.decomposedStringWithCanonicalMapping.precomposedStringWithCanonicalMapping
    }

    /// Merges one piece's bytes: always the pair of lowest rank, the leftmost of equals.
    private func merge(_ piece: ArraySlice<Unicode.Scalar>) -> [Int] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: piece)
        let bytes = Array(String(view).utf8)
        var symbols = bytes.map { innerIDs[Int($0)] }
        if let last = bytes.last { symbols[symbols.count - 1] = finalIDs[Int(last)] }
        while let next = lowestMerge(symbols) { symbols = apply(next, to: symbols) }
        return symbols
    }

    private func lowestMerge(_ symbols: [Int]) -> (pair: CLIPTokenizerPair, merge: CLIPTokenizerMerge)? {
        var best: (pair: CLIPTokenizerPair, merge: CLIPTokenizerMerge)?
        for (left, right) in zip(symbols, symbols.dropFirst()) {
            let pair = CLIPTokenizerPair(left: left, right: right)
            guard let merge = merges[pair], merge.rank < best?.merge.rank ?? .max else { continue }
            best = (pair, merge)
        }
        return best
    }

    /// Merges every place of one pair from the left, up to a place where that makes a pair of still lower rank.
    private func apply(_ next: (pair: CLIPTokenizerPair, merge: CLIPTokenizerMerge), to symbols: [Int]) -> [Int] {
        var result: [Int] = []
        var index = 0
        while index < symbols.count {
            guard index + 1 < symbols.count, symbols[index] == next.pair.left, symbols[index + 1] == next.pair.right
            else {
                result.append(symbols[index])
                index += 1
                continue
            }
            let before = result.last
            result.append(next.merge.id)
            index += 2
            let after = index < symbols.count ? symbols[index] : nil
            if outranks(before, next.merge.id, next.merge.rank) || outranks(next.merge.id, after, next.merge.rank) {
                return result + symbols[index...]
            }
        }
        return result
    }

    private func outranks(_ left: Int?, _ right: Int?, _ rank: Int) -> Bool {
        guard let left, let right, let merge = merges[CLIPTokenizerPair(left: left, right: right)] else { return false }
        return merge.rank < rank
    }
}

/// Two neighbouring tokens.
struct CLIPTokenizerPair: Hashable, Sendable {
    let left: Int
    let right: Int
}

/// What two neighbours become.
struct CLIPTokenizerMerge: Sendable {
    /// Place among the merges; lower ones go first.
    let rank: Int
    /// The token they become.
    let id: Int
}
