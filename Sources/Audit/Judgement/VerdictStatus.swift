import Pages

extension Verdict {
    /// What it means for exit codes and presenters.
    package var status: Status {
        switch self {
        case .reproduced, .withinBand: .passed
        case .diverged: .differs
        case .tampered: .tampered
        case .incomparable: .open
        }
    }

    /// It as a conclusion that says `sentence`.
    package func conclusion(_ sentence: String) -> Finding.Conclusion { .init(rawValue, status, sentence) }
}
