import Foundation

/// Cuts a text into words and punctuation marks, in lower case and without accents: BERT's `BasicTokenizer`, which the slow
/// CLIP tokenizer of transformers 4 uses too where ftfy is not installed.
///
/// Controls are dropped, every CJK ideograph stands alone, and so does every punctuation mark. Source: `BasicTokenizer` of
/// transformers 4.30, `do_lower_case: True`.
enum BasicWords {
    /// The words, in order. `lowercased` is how a word becomes lower case: BERT's slow tokenizer has done it scalar by scalar
    /// before, so that a sigma at the end of a word is one like any other.
    static func words(
        _ text: ArraySlice<Unicode.Scalar>,
        lowercased: ([Unicode.Scalar]) -> [Unicode.Scalar] = { word in
            word.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
        }
    ) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var word: [Unicode.Scalar] = []
        func close() {
            if !word.isEmpty { words += split(lowercased(word)) }
            word = []
        }
        for scalar in text where !isDropped(scalar) {
            // After the cleaning only the separators of lines and paragraphs are white space that no space stands for.
            if scalar.properties.isWhitespace {
                close()
            } else if isIdeograph(scalar) {
                close()
                words.append([scalar])
            } else {
                word.append(scalar)
            }
        }
        close()
        return words
    }

    /// A word in lower case without its nonspacing marks, cut at its punctuation marks.
    private static func split(_ word: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var lower = String.UnicodeScalarView()
        lower.append(contentsOf: word)
        var parts: [[Unicode.Scalar]] = []
        var isOpen = false
        for scalar in String(lower).decomposedStringWithCanonicalMapping.unicodeScalars
        where scalar.properties.generalCategory != .nonspacingMark {
            if isPunctuation(scalar) {
                parts.append([scalar])
                isOpen = false
            } else if isOpen {
                parts[parts.count - 1].append(scalar)
            } else {
                parts.append([scalar])
                isOpen = true
            }
        }
        return parts
    }

    /// Controls, formats, private and unassigned scalars, U+0000 and U+FFFD; tab and line ends are white space.
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": return false
        case "\0", "\u{FFFD}": return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return true
        default: return false
        }
    }

    /// ASCII that is neither letter, digit nor space counts, whatever Unicode calls it.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    /// The blocks of CJK ideographs that BERT sets apart; kana and Hangul are words.
    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }
}
