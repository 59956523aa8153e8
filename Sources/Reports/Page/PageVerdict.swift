import Digests

/// What a page says first.
public struct PageVerdict: Sendable, Equatable {
    /// How it is shown; a sign goes with each, so that no reader needs the colour.
    public enum Tone: String, Sendable {
        /// Everything that was compared is equal.
        case good
        /// Something differs or does not hold.
        case bad
        /// Nothing was compared, or it could not be.
        case open
    }

    /// The verdict's word.
    public let word: String
    /// How it is shown.
    public let tone: Tone
    /// What it says, a sentence or more.
    public let sentence: String

    /// A verdict with all its parts.
    public init(_ word: String, _ tone: Tone, _ sentence: String) {
        (self.word, self.tone, self.sentence) = (word, tone, sentence)
    }

    /// The sign before the word.
    public var sign: String {
        switch tone {
        case .good: "✓"
        case .bad: "✗"
        case .open: "○"
        }
    }

    /// The tone of an audit's verdict.
    public static func tone(ofAudit word: String) -> Tone {
        switch word {
        case "reproduced", "within-band", "the same", "identical", "same under the policy": .good
        case "diverged", "tampered", "different": .bad
        default: .open
        }
    }

    var json: JSONValue {
        ["word": .string(word), "tone": .string(tone.rawValue), "sentence": .string(sentence)]
    }
}
