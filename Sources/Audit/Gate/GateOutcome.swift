/// The outcome of one golden run in a gate.
package enum GateOutcome: String, Sendable, CaseIterable {
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
    /// The replay is as recorded, but no recipe watches the golden run, and its policy does not say why.
    case unwatched
    /// The work could not be done: an unreadable file, a process that crashed.
    case trouble

    /// Whether the gate is closed by it: by all but one.
    package var isFailure: Bool { self != .reproduced }

    /// The outcome that a report stands for, with the reason where the report itself gives none: only a golden run that
    /// was compared with its log, and whose recipe is the recorded one, is reproduced.
    static func judge(_ report: ReportedAudit, changes: [RecipeChange]) -> (GateOutcome, problem: String?) {
        let outcome = GateOutcome(report.verdict)
        guard outcome == .reproduced || outcome == .diverged else { return (outcome, nil) }
        guard report.evidence.contains(.goldenLog) else {
            let found = report.evidence.map(\.rawValue)
            return (.missing, "the audit did not compare with a golden log, only with \(found)")
        }
        if let contradiction = report.contradiction { return (.trouble, contradiction) }
        return (outcome == .reproduced && !changes.isEmpty ? .recipe : outcome, nil)
    }

    /// The outcome that a verdict on a golden run stands for. A run is compared bit by bit, or it is not compared.
    package init(_ verdict: Verdict) {
        switch verdict {
        case .reproduced: self = .reproduced
        case .diverged: self = .diverged
        case .tampered: self = .tampered
        case .withinBand, .incomparable: self = .incomparable
        }
    }

    /// The outcome that an error stands for: evidence that does not hold or is not there, else trouble.
    package init(_ error: any Error) { self = Judgement(error).map { GateOutcome($0.verdict) } ?? .trouble }

    /// One sentence for people.
    package var meaning: String {
        switch self {
        case .reproduced: "every compared bit comes out again"
        case .tampered: "a hash, a chain link, a signature or an input does not hold"
        case .diverged: "the replay gives other bits than the golden run"
        case .recipe: "the recipe of the golden run, or a default of it, has changed"
        case .incomparable: "the golden run cannot be compared here"
        case .missing: "a golden run is missing, or is not in the list"
        case .unwatched: "no recipe watches the golden run, and its policy does not say why"
        case .trouble: "the audit could not be done"
        }
    }

    /// All, gravest first.
    package static let byGravity: [GateOutcome] = [
        .tampered, .diverged, .recipe, .incomparable, .missing, .unwatched, .trouble, .reproduced,
    ]

    /// The gravest of some; nil of none.
    package static func gravest(of outcomes: some Sequence<GateOutcome>) -> GateOutcome? {
        let all = Set(outcomes)
        return byGravity.first { all.contains($0) }
    }
}
