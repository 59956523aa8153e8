/// Finds added tokens in a text as `AddedVocabulary` of tokenizers does: leftmost, of several the longest, each match
/// going on where the last one ended.
struct AddedTokenMatcher: Sendable {
    /// What a text is cut into.
    enum Piece {
        case plain(Range<Int>)
        case token(Int)
    }

    private struct Pattern: Sendable {
        let text: [Unicode.Scalar]
        let id: Int
        let isSingleWord: Bool
        let stripsLeft: Bool
        let stripsRight: Bool
    }

    /// By their first scalar, longest first.
    private let patterns: [Unicode.Scalar: [Pattern]]

    /// A matcher of `tokens`, their texts as they are in the texts that are searched. None may be empty, no two
    /// equal.
    init(_ tokens: [(token: AddedToken, text: [Unicode.Scalar], id: Int)]) {
        var patterns: [Unicode.Scalar: [Pattern]] = [:]
        for (token, text, id) in tokens {
            patterns[text[0], default: []].append(
                Pattern(
                    text: text, id: id, isSingleWord: token.isSingleWord, stripsLeft: token.stripsLeft,
                    stripsRight: token.stripsRight))
        }
        self.patterns = patterns.mapValues { $0.sorted { $0.text.count > $1.text.count } }
    }

    /// Cuts `text` into tokens and what lies between them, in order; no plain piece is empty.
    func pieces(_ text: [Unicode.Scalar]) -> [Piece] {
        var pieces: [Piece] = []
        var (plainStart, position) = (0, 0)
        while position < text.count {
            guard let pattern = patterns[text[position]]?.first(where: { text[position...].starts(with: $0.text) })
            else {
                position += 1
                continue
            }
            var (start, end) = (position, position + pattern.text.count)
            position = end
            if pattern.isSingleWord,
                start > 0 && Self.isWord(text[start - 1]) || end < text.count && Self.isWord(text[end])
            {
                continue
            }
            if pattern.stripsLeft { while start > plainStart, Self.isSpace(text[start - 1]) { start -= 1 } }
            if pattern.stripsRight { while end < text.count, Self.isSpace(text[end]) { end += 1 } }
            if plainStart < start { pieces.append(.plain(plainStart..<start)) }
            pieces.append(.token(pattern.id))
            plainStart = end
        }
        if plainStart < text.count { pieces.append(.plain(plainStart..<text.count)) }
        return pieces
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    /// The class `\w` of Unicode's regular expressions (UTS 18, annex C).
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
