/// What came of one golden run in a gate.
public enum GateOutcome: String, Sendable, CaseIterable {
    /// Replayed, and every compared bit is equal.
    case reproduced
    /// Its evidence does not hold.
    case tampered
    /// The replay differs.
    case diverged
    /// The replay is as recorded, but the recipe that the golden run was made by now says something else.
    case recipe
    /// The evidence cannot be compared here.
    case incomparable
    /// The list of golden runs and the folder `Golden` do not agree: one is missing, or one is not listed.
    case missing
    /// The work could not be done: an unreadable file, a process that crashed.
    case trouble

    /// Whether the gate is closed by it: by all but one.
    public var isFailure: Bool { self != .reproduced }

    /// What it says to a person.
    public var meaning: String {
        switch self {
        case .reproduced: "every compared bit comes out again"
        case .tampered: "a hash, a chain link, a signature or an input does not hold"
        case .diverged: "the replay gives other bits than the golden run"
        case .recipe: "the recipe of the golden run, or a default of it, has changed"
        case .incomparable: "the golden run cannot be compared here"
        case .missing: "a golden run is missing, or is not in the list"
        case .trouble: "the audit could not be done"
        }
    }

    /// All, gravest first.
    public static let byGravity: [GateOutcome] = [
        .tampered, .diverged, .recipe, .incomparable, .missing, .trouble, .reproduced,
    ]

    /// The gravest of some; nil of none.
    public static func gravest(of outcomes: some Sequence<GateOutcome>) -> GateOutcome? {
        let all = Set(outcomes)
        return byGravity.first { all.contains($0) }
    }
}
