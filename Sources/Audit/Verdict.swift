/// The outcome of an audit.
public enum Verdict: String, Sendable, CaseIterable {
    /// Every compared bit is equal.
    case reproduced
    /// A foreign backend's run: every value is inside the band that the manifest fixed, all else equal bit by bit.
    case withinBand = "within-band"
    /// The replay differs; the first place is named.
    case diverged
    /// A hash, chain link or signature does not hold, before any replay.
    case tampered
    /// Evidence is missing or of another contract.
    case incomparable
}
