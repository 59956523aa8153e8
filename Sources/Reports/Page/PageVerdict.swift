import Audit
import Core

/// What a page says first.
package struct PageVerdict: Sendable, Equatable {
    /// How it is shown; a sign goes with each, so that no reader needs the colour.
    package enum Tone: String, Sendable {
        /// Everything that was compared is equal.
        case good
        /// Something differs or does not hold.
        case bad
        /// Nothing was compared, or it could not be.
        case open
    }

    /// The verdict's word.
    package let word: String
    /// How it is shown.
    package let tone: Tone
    /// What it says, a sentence or more.
    package let sentence: String

    /// A verdict with all its parts.
    package init(_ word: String, _ tone: Tone, _ sentence: String) {
        (self.word, self.tone, self.sentence) = (word, tone, sentence)
    }

    /// The sign before the word.
    package var sign: String {
        switch tone {
        case .good: "✓"
        case .bad: "✗"
        case .open: "○"
        }
    }

    /// What an audit says.
    package init(_ verdict: Verdict, _ sentence: String) {
        let tone: Tone =
            switch verdict {
            case .reproduced, .withinBand: .good
            case .diverged, .tampered: .bad
            case .incomparable: .open
            }
        self.init(verdict.rawValue, tone, sentence)
    }

    var json: JSONValue {
        ["word": .string(word), "tone": .string(tone.rawValue), "sentence": .string(sentence)]
    }
}
