/// The outcome of an audit.
public enum Verdict: String, Sendable, CaseIterable {
    /// Every compared bit is equal.
    case reproduced
    /// The replay differs; the first place is named.
    case diverged
    /// A hash, chain link or signature does not hold, before any replay.
    case tampered
    /// Evidence is missing or of another contract.
    case incomparable
}
