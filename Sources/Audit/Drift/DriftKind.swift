import Ledger

/// What kind of change a replay that differs speaks of, judged by where and how far the two part.
public enum DriftKind: Sendable, Equatable {
    /// From the first step on, by the last bits of the numbers, beginning in a pass of the network: other arithmetic,
    /// by another machine, library or kernel, or by another contract.
    case arithmetic
    /// From the first step on, beginning in one phase; only what follows from it differs besides.
    case phase(Phase)
    /// Nothing differs before a later step: code that comes into play there.
    case step(Int)
    /// From the first step on, in several phases that do not follow from each other, by more than the last bits.
    case code

    /// One word, and the phase or step where it has one.
    public var word: String {
        switch self {
        case .arithmetic: "arithmetic"
        case .phase(let phase): "phase \(phase.rawValue)"
        case .step(let step): "step \(step)"
        case .code: "code"
        }
    }

    /// What it says to a person.
    public var meaning: String {
        switch self {
        case .arithmetic:
            "everything moved in the last bits from the first step on: the environment, a kernel or the contract"
        case .phase(let phase): "only the phase \(phase.rawValue) moved, and what follows from it"
        case .step(let step): "the first \(step - 1) steps are equal: code that comes into play at step \(step)"
        case .code: "several phases moved by more than the last bits from the first step on: code"
        }
    }

    /// A loss that differs by at most this is one that moved in its last bits: a thousandth of it.
    static let lastBits: UInt64 = 1 << 14

    /// What each phase is computed from, beside the weights.
    private static func causes(of phase: Phase) -> Set<Phase> {
        switch phase {
        case .batch: []
        case .timestep: [.batch]
        case .inversion: [.batch, .timestep]
        case .target, .reference, .policy: [.batch, .timestep, .inversion]
        case .loss: [.target, .reference, .policy, .batch]
        case .gradient: [.loss, .target, .policy, .inversion, .batch, .timestep]
        case .update: [.gradient]
        case .weights: [.update, .gradient]
        }
    }

    /// The kind of the first step that differs; nil where none does.
    public init?(_ steps: [StepDrift]) {
        guard let first = steps.first(where: { !$0.isEqual }) else { return nil }
        if first.step > 1 {
            self = .step(first.step)
            return
        }
        let differing = Set(first.differingPhases)
        let roots = differing.filter { DriftKind.causes(of: $0).isDisjoint(with: differing) }
        let passes: Set<Phase> = [.inversion, .target, .reference, .policy]
        let isSmall = (first.furthest?.ulp ?? 0) <= DriftKind.lastBits
        if !roots.isDisjoint(with: passes), roots.isSubset(of: passes), isSmall {
            self = .arithmetic
        } else if let root = roots.first, roots.count == 1 {
            self = .phase(root)
        } else {
            self = .code
        }
    }
}
