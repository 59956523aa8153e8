import Foundation

/// How a caption becomes pieces of CLIP's vocabulary: programs that read the same vocabulary differ in what they do to a text
/// before. A score belongs to the reader that it was made with.
package enum CaptionReader: String, CaseIterable, Sendable {
    /// `CLIPTokenizerFast` of transformers 4, and every tokenizer of transformers 5: normalisation form C, white space as one
    /// space, lower case; special tokens are found in the text.
    case transformers
    /// open_clip and HPSv2: ftfy, HTML's entities twice, lower case; no special tokens but its own
    /// `<start_of_text>`, `<end_of_text>`.
    case openCLIP = "open_clip"
    /// The slow `CLIPTokenizer` of transformers 4 where ftfy is installed: ftfy, lower case.
    case slowWithFtfy = "transformers-4-slow-ftfy"
    /// The slow `CLIPTokenizer` of transformers 4 without ftfy: BERT's `BasicTokenizer`, which takes accents away and sets
    /// every punctuation mark apart.
    case slow = "transformers-4-slow"

    /// What a text of scalars between special tokens becomes before it is cut.
    func prepared(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        switch self {
        case .transformers: CLIPTokenizer.normalized(scalars)
        case .openCLIP:
            CaptionReader.lowercased(HTMLEntities.unescaped(HTMLEntities.unescaped(TextRepair.repaired(scalars))))
        case .slowWithFtfy: CaptionReader.lowercased(TextRepair.repaired(scalars))
        case .slow: Array(BasicWords.words(scalars, lowercased: CaptionReader.lowercased).joined(separator: [" "]))
        }
    }

    /// Whether special tokens are found in the text as it is.
    var findsSpecialTokens: Bool { self != .openCLIP }

    /// What stands for begin and end token in the prepared text: of the fast tokenizer words like any other.
    var literals: (begin: String, end: String, areTokens: Bool) {
        switch self {
        case .transformers: (CLIPTokenizer.beginToken, CLIPTokenizer.endToken, false)
        case .openCLIP: ("<start_of_text>", "<end_of_text>", true)
        case .slowWithFtfy, .slow: (CLIPTokenizer.beginToken, CLIPTokenizer.endToken, true)
        }
    }

    /// `text.lower()` of Python: scalar by scalar, but for a sigma at the end of a word.
    ///
    /// Source: section 3.13 of the Unicode standard, `Final_Sigma`; CPython's `handle_capital_sigma`.
    static func lowercased(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        scalars.indices.flatMap { place -> [Unicode.Scalar] in
            guard scalars[place] == "\u{3A3}" else {
                return Array(scalars[place].properties.lowercaseMapping.unicodeScalars)
            }
            func isCased(_ others: some Sequence<Int>) -> Bool {
                let next = others.first { !scalars[$0].properties.isCaseIgnorable }
                return next.map { scalars[$0].properties.isCased } ?? false
            }
            let isFinal =
                isCased((0..<place).reversed()) && !isCased(scalars.indices.dropFirst(place + 1))
            return [isFinal ? "\u{3C2}" : "\u{3C3}"]
        }
    }
}
