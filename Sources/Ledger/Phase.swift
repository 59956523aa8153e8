/// The phases of one optimiser step, in the order in which they run and are compared.
package enum Phase: String, CaseIterable, Sendable, Comparable {
    /// Which items: pair ids and their digests, labels, stream counters.
    case batch
    /// The timesteps drawn.
    case timestep
    /// The inverted latents of winner and loser.
    case inversion
    /// What the model should predict.
    case target
    /// The predictions of the reference model.
    case reference
    /// The predictions of the trained model.
    case policy
    /// Loss per pair and of the step, and the scalars on the way.
    case loss
    /// Gradients per parameter and their norm.
    case gradient
    /// What the optimiser did: learning rate, its state.
    case update
    /// The weights after the step.
    case weights

    /// The place in the order, from 0.
    package var order: Int {
        switch self {
        case .batch: 0
        case .timestep: 1
        case .inversion: 2
        case .target: 3
        case .reference: 4
        case .policy: 5
        case .loss: 6
        case .gradient: 7
        case .update: 8
        case .weights: 9
        }
    }

    /// The order in a step.
    package static func < (left: Phase, right: Phase) -> Bool { left.order < right.order }
}
