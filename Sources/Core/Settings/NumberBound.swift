/// What a number of settings has to be, in words and as a condition: said once.
package enum NumberBound: Sendable {
    /// Any number that is not infinite, as all are that can be written.
    case finite
    /// The least is allowed.
    case atLeast(Double)
    /// The least is not.
    case above(Double)
    /// The greatest is not allowed.
    case below(Double)
    /// Both ends are allowed.
    case from(Double, to: Double)
    /// Neither end is.
    case between(Double, Double)
    /// The first end is allowed, the second is not.
    case fromBelow(Double, Double)

    /// As an error says it after "a number"; empty for all.
    package var words: String {
        switch self {
        case .finite: ""
        case .atLeast(let least): "of at least \(NumberBound.text(least))"
        case .above(let end): "above \(NumberBound.text(end))"
        case .below(let end): "below \(NumberBound.text(end))"
        case .from(let least, let most): "from \(NumberBound.text(least)) to \(NumberBound.text(most))"
        case .between(let first, let second): "between \(NumberBound.text(first)) and \(NumberBound.text(second))"
        case .fromBelow(let least, let end):
            "of at least \(NumberBound.text(least)) and below \(NumberBound.text(end))"
        }
    }

    /// `a number above 0`.
    package var expectation: String { words.isEmpty ? "a finite number" : "a number \(words)" }

    /// Whether a number is allowed.
    package func allows(_ number: Double) -> Bool {
        switch self {
        case .finite: number.isFinite
        case .atLeast(let least): number >= least
        case .above(let end): number > end
        case .below(let end): number < end
        case .from(let least, let most): least...most ~= number
        case .between(let first, let second): number > first && number < second
        case .fromBelow(let least, let end): number >= least && number < end
        }
    }

    private static func text(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
