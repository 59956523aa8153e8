/// The outcome of an audit. Only `Judgement` makes one.
package enum Verdict: String, Sendable, CaseIterable {
    /// Every compared bit is equal.
    case reproduced
    /// A foreign backend's run: every value is inside the band that the manifest fixed, all else equal bit by bit.
    case withinBand = "within-band"
    /// The replay differs; the first place is named.
    case diverged
    /// A hash, chain link or signature does not hold, or the evidence contradicts itself.
    case tampered
    /// Evidence is missing or of another contract.
    case incomparable

    /// Whether something was compared and nothing stands against the run.
    package var isPass: Bool { self == .reproduced || self == .withinBand }

    /// All, gravest first.
    private static let byGravity: [Verdict] = [.tampered, .diverged, .incomparable, .withinBand, .reproduced]

    /// The gravest of some; of none `incomparable`, for nothing was compared.
    package static func gravest(of verdicts: some Sequence<Verdict>) -> Verdict {
        let all = Set(verdicts)
        return byGravity.first { all.contains($0) } ?? .incomparable
    }
}
