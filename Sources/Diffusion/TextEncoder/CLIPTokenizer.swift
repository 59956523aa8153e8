import Foundation

/// CLIP's byte-level BPE, as `CLIPTokenizerFast` of transformers does it (`vocab.json`, `merges.txt`).
///
/// Special tokens that stand in the text verbatim become their ids. The rest is put into Unicode normalisation form C,
/// lowercased scalar by scalar, cut into pieces (`CLIPTokenizerSplitter`), and each piece's UTF-8 bytes are merged, the
/// last one carrying the end-of-word mark `</w>`. Agreement with transformers 5.23 is tested.
public struct CLIPTokenizer: Sendable {
    /// A caption as the text encoder takes it.
    public struct Encoding: Equatable, Sendable {
        /// Begin token, the caption, end token, then padding: `length` ids.
        public let ids: [Int]
        /// Ids before the padding, begin and end token included.
        public let tokenCount: Int
        /// Whether the caption was longer and its end was cut off.
        public let isTruncated: Bool
    }

    /// Number of ids: one more than the largest.
    public let vocabularySize: Int
    /// Ids in an encoding when nothing else is asked for: 77 in all published CLIP models.
    public let maximumLength: Int
    /// `<|startoftext|>`
    public let beginID: Int
    /// `<|endoftext|>`, also used for what the vocabulary cannot express.
    public let endID: Int
    /// What encodings are filled up with.
    public let padID: Int

    /// Tokens found verbatim in the text, before anything else, longest first.
    let specials: [(text: [Unicode.Scalar], id: Int)]
    /// Id of each byte within a word, by byte.
    let innerIDs: [Int]
    /// Id of each byte at the end of a word, by byte.
    let finalIDs: [Int]
    /// Which neighbours merge, by their ids.
    let merges: [CLIPTokenizerPair: CLIPTokenizerMerge]

    /// The caption with begin and end token, cut or padded to `length`.
    ///
    /// - Parameter length: ids wanted, at least 2; `nil` means `maximumLength`.
    public func encode(_ text: String, length: Int? = nil) -> Encoding {
        let length = length ?? maximumLength
        precondition(length >= 2, "an encoding needs room for the begin and end tokens")
        let tokens = tokenIDs(text)
        let kept = tokens.prefix(length - 2)
        let ids = [beginID] + kept + [endID]
        return Encoding(
            ids: ids + Array(repeating: padID, count: length - ids.count), tokenCount: ids.count,
            isTruncated: kept.count < tokens.count)
    }

    /// The caption's ids alone: no begin or end token, no padding, not cut.
    public func tokenIDs(_ text: String) -> [Int] {
        let scalars = Array(text.unicodeScalars)
        var ids: [Int] = []
        var plainStart = 0
        var position = 0
        while position < scalars.count {
            guard let special = specials.first(where: { scalars[position...].starts(with: $0.text) }) else {
                position += 1
                continue
            }
            appendPlain(scalars[plainStart..<position], to: &ids)
            ids.append(special.id)
            position += special.text.count
            plainStart = position
        }
        appendPlain(scalars[plainStart...], to: &ids)
        return ids
    }

    private func appendPlain(_ scalars: ArraySlice<Unicode.Scalar>, to ids: inout [Int]) {
        guard !scalars.isEmpty else { return }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let composed = Self.composed(String(text))
        // One scalar at a time, so without the rule for a final sigma. White space is dropped by the cutting, which
        // makes collapsing it first unnecessary.
        let lowered = composed.unicodeScalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
        for piece in CLIPTokenizerSplitter.pieces(lowered) { ids.append(contentsOf: merge(piece)) }
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
    /// Place in `merges.txt`; lower ones go first.
    let rank: Int
    /// The token they become.
    let id: Int
}
