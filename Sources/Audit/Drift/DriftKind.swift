import Ledger

/// The kind of change that a differing replay points to, judged by where and how far record and replay part.
package enum DriftKind: Sendable, Equatable {
    /// The recipe is another than the recorded one: a value in its file, or a default in the code.
    case recipe
    /// The recipe is the same, but something else that a run starts from is not: model, data, latents, schedule or contract.
    case inputs
    /// From the first step on, by the last bits of the numbers, in most of what the passes of the network give: other
    /// arithmetic, by another machine, library or kernel, or by another contract.
    case arithmetic
    /// From the first step on, beginning in one phase; only what follows from it differs besides.
    case phase(Phase)
    /// Nothing differs before a later step: code that comes into play there; and the phase in which it begins, where
    /// that is one.
    case step(Int, Phase?)
    /// From the first step on, in several phases that do not follow from each other, by more than the last bits.
    case code

    /// One word, and the phase or step where it has one.
    package var word: String {
        switch self {
        case .recipe: "recipe"
        case .inputs: "inputs"
        case .arithmetic: "arithmetic"
        case .phase(let phase): "phase \(phase.rawValue)"
        case .step(let step, let phase): "step \(step)" + (phase.map { ", phase \($0.rawValue)" } ?? "")
        case .code: "code"
        }
    }

    /// One sentence for people.
    package var meaning: String {
        switch self {
        case .recipe: "the recipe is another than the recorded one: a value in its file or a default in the code"
        case .inputs: "model, data, latents, schedule or contract are others than the recorded ones"
        case .arithmetic:
            "everything moved in the last bits from the first step on: the environment, a kernel or the contract"
        case .phase(let phase): "only the phase \(phase.rawValue) moved, and what follows from it"
        case .step(let step, let phase):
            (step == 2 ? "the first step is equal" : "the first \(step - 1) steps are equal")
                + ": code that comes into play at step \(step)"
                + (phase.map { "; only the phase \($0.rawValue) moved there, and what follows from it" } ?? "")
        case .code: "several phases moved by more than the last bits from the first step on: code"
        }
    }

    /// A number that differs by at most this many units of the last place has moved in its last bits: a thousandth of
    /// a Float32, or two.
    static let lastBits: UInt64 = 1 << 14

    /// The kind that a replay's steps, from the first of the run on, speak of: that of the first one that differs; nil
    /// where none does.
    package init?(_ steps: [StepDrift]) {
        guard let first = steps.first(where: { !$0.isEqual }) else { return nil }
        let differing = Set(first.differingPhases)
        let roots = differing.filter { $0.allCauses.isDisjoint(with: differing) }
        let only = roots.count == 1 ? roots.first : nil
        if first.step > 1 {
            self = .step(first.step, only)
        } else if DriftKind.isArithmetic(first, roots) {
            self = .arithmetic
        } else if let only {
            self = .phase(only)
        } else {
            self = .code
        }
    }

    /// Whether other arithmetic would look like this: it begins in passes of the network, reaches every one that the
    /// step has and most of what each gives, and moves numbers by their last bits.
    private static func isArithmetic(_ step: StepDrift, _ roots: Set<Phase>) -> Bool {
        guard roots.allSatisfy(\.runsNetworks), step.median ?? 0 <= lastBits else { return false }
        let differing = Set(step.differingPhases)
        return step.phases.allSatisfy { part in
            guard let phase = Phase(rawValue: part.name), phase.runsNetworks else { return true }
            // The pictures that a step without inversion trains on are noised, not passed through the network.
            if phase == .inversion && !differing.contains(.inversion) { return true }
            return 2 * part.differing > part.total
        }
    }
}
