/// Cuts a caption into the pieces that are encoded one by one.
///
/// The same cuts as this expression makes, leftmost and in this order of preference, everything else (white space)
/// being dropped:
///
///     <\|startoftext\|> | <\|endoftext\|> | 's|'t|'re|'ve|'m|'ll|'d | [\p{L}]+ | [\p{N}] | [^\s\p{L}\p{N}]+
///
/// Classes, by Unicode scalar: `\p{L}` is general category Lu, Ll, Lt, Lm or Lo; `\p{N}` is Nd, Nl or No, one at a
/// time; `\s` is the property White_Space; the rest (punctuation, symbols, marks, controls, unassigned) is other.
/// `CLIPTokenizerFast` cuts a second time, by GPT-2's expression, which only breaks the two literal tokens apart.
enum CLIPTokenizerSplitter {
    private enum Kind { case letter, number, space, other }

    /// The pieces of a prepared text, in order. A literal is one piece where `areWhole`, else three.
    static func pieces(
        _ scalars: [Unicode.Scalar], literals: [String] = [CLIPTokenizer.beginToken, CLIPTokenizer.endToken],
        areWhole: Bool = false
    ) -> [ArraySlice<Unicode.Scalar>] {
        let literals = literals.map { Array($0.unicodeScalars) }
        var result: [ArraySlice<Unicode.Scalar>] = []
        var position = 0
        while position < scalars.count {
            let start = position
            if scalars[start] == "<", let cuts = cuts(scalars[start...], literals, areWhole) {
                for cut in cuts {
                    result.append(scalars[position..<(position + cut)])
                    position += cut
                }
                continue
            }
            position += contraction(scalars[start...])
            if position == start { position = endOfRun(scalars, from: start) }
            if kind(scalars[start]) != .space { result.append(scalars[start..<position]) }
        }
        return result
    }

    /// Lengths of the parts of a literal token at the beginning of `rest`: one, or `<|`, the word and `|>`.
    private static func cuts(
        _ rest: ArraySlice<Unicode.Scalar>, _ literals: [[Unicode.Scalar]], _ areWhole: Bool
    ) -> [Int]? {
        guard let literal = literals.first(where: rest.starts(with:)) else { return nil }
        return areWhole ? [literal.count] : [2, literal.count - 4, 2]
    }

    /// Length of an English contraction at the beginning of `rest`; 0 when there is none.
    private static func contraction(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
        guard rest.first == "'" else { return 0 }
        let tail = rest.dropFirst()
        for ending in ["s", "t", "re", "ve", "m", "ll", "d"] where tail.starts(with: ending.unicodeScalars) {
            return 1 + ending.unicodeScalars.count
        }
        return 0
    }

    private static func endOfRun(_ scalars: [Unicode.Scalar], from start: Int) -> Int {
        let first = kind(scalars[start])
        var end = start + 1
        guard first != .number else { return end }
        while end < scalars.count, kind(scalars[end]) == first { end += 1 }
        return end
    }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }
}
