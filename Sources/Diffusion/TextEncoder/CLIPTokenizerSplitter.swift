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

    /// The pieces of a normalised text, in order.
    static func pieces(_ scalars: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
        var result: [ArraySlice<Unicode.Scalar>] = []
        var position = 0
        while position < scalars.count {
            let start = position
            if let cuts = literal(scalars[start...]) {
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

    /// Lengths of the three parts of a literal token (`<|`, the word, `|>`) at the beginning of `rest`.
    private static func literal(_ rest: ArraySlice<Unicode.Scalar>) -> [Int]? {
        for word in ["startoftext", "endoftext"] where rest.starts(with: "<|\(word)|>".unicodeScalars) {
            return [2, word.unicodeScalars.count, 2]
        }
        return nil
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
