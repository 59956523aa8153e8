/// What a finding comes to, whatever its word is. Exit codes, signs, and the failures and errors of CI servers follow from
/// it; nobody compares words.
package enum Status: String, Sendable, CaseIterable {
    /// Everything that was compared is equal, or lies within what is allowed.
    case passed
    /// Something was compared, and differs.
    case differs
    /// The work could not be done, or not whole.
    case trouble
    /// A hash, a chain link or a signature does not hold.
    case tampered
    /// Nothing was compared, or it could not be: never a pass.
    case open

    /// How it is shown; a sign goes with each, so that no reader needs the colour.
    package enum Tone: String, Sendable {
        /// As it should be.
        case good
        /// Not as it should be.
        case bad
        /// Not known.
        case open
    }

    /// How it is shown.
    package var tone: Tone {
        switch self {
        case .passed: .good
        case .differs, .tampered: .bad
        case .trouble, .open: .open
        }
    }

    /// The sign before the word.
    package var sign: String {
        switch tone {
        case .good: "✓"
        case .bad: "✗"
        case .open: "○"
        }
    }
}
