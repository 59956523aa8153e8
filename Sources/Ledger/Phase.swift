/// The phases of one optimiser step, in the order in which they run and are compared.
package enum Phase: String, CaseIterable, Sendable, Comparable {
    /// Which items: pair ids and their digests, labels, pictures.
    case batch
    /// The timesteps drawn.
    case timestep
    /// The noisy latents of winner and loser, inverted or noised.
    case inversion
    /// What the model should predict.
    case target
    /// The predictions of the reference model.
    case reference
    /// The predictions of the trained model.
    case policy
    /// Loss per pair and of the step, and the scalars on the way.
    case loss
    /// Gradients per parameter and their norm, before clipping.
    case gradient
    /// What the optimiser did: learning rate, its state.
    case update
    /// The weights after the step.
    case weights

    /// The inputs of a run that a phase reads beside other phases.
    package enum Source: String, Sendable {
        /// The items of the data set and their labels.
        case data = "data and labels"
        /// Random numbers.
        case stream = "random streams"
        /// The networks, or the noise schedule.
        case model = "networks and noise schedule"
        /// What the recipe sets: objective, optimiser, learning rate.
        case settings = "the recipe"
    }

    /// What decides whether a phase that another backend recorded is that of its replay.
    package enum Criterion: String, Sendable {
        /// Every bit: all backends compute it alike.
        case bits
        /// The distance of its numbers, held against the run's band; its names are equal.
        case band
    }

    /// When the values of a phase's tensors are kept beside their digests.
    package enum Retention: String, Sendable {
        /// In runs that keep latents (`record.latents`), and in those with a band.
        case withLatents = "with `record.latents` or a band"
        /// In runs that keep gradients (`record.gradients`), and in those with a band, whose replays start from them.
        case withGradients = "with `record.gradients` or a band"
    }

    /// The phases that this one is computed from at first hand, beside the weights, the run's inputs and the random
    /// streams.
    package var causes: Set<Phase> {
        switch self {
        case .batch, .timestep: []
        case .inversion: [.batch, .timestep]
        case .target, .reference, .policy: [.batch, .timestep, .inversion]
        case .loss: [.batch, .target, .reference, .policy]
        case .gradient: [.policy, .loss]
        case .update: [.gradient]
        case .weights: [.update]
        }
    }

    /// All phases that this one is computed from, at first hand or by way of others.
    package var allCauses: Set<Phase> { causes.reduce(causes) { $0.union($1.allCauses) } }

    /// What it reads beside other phases, first of all.
    package var source: Source {
        switch self {
        case .batch: .data
        case .timestep: .stream
        case .inversion, .target, .reference, .policy: .model
        case .loss, .gradient, .update, .weights: .settings
        }
    }

    /// Whether networks run in it.
    package var runsNetworks: Bool {
        switch self {
        case .inversion, .reference, .policy: true
        case .batch, .timestep, .target, .loss, .gradient, .update, .weights: false
        }
    }

    /// What decides whether the phase is that of a replay on another backend. The gradients are judged by bits because
    /// such a replay goes on with the recorded ones, once they lie within the band.
    package var criterion: Criterion {
        switch self {
        case .inversion, .target, .reference, .policy, .loss: .band
        case .batch, .timestep, .gradient, .update, .weights: .bits
        }
    }

    /// When its tensors' values are kept; nil for never.
    package var retention: Retention? {
        switch self {
        case .inversion: .withLatents
        case .gradient: .withGradients
        case .batch, .timestep, .target, .reference, .policy, .loss, .update, .weights: nil
        }
    }

    /// The phases whose tensors' values a run keeps, with `latents`, with `gradients`, or with all that a replay within a band
    /// needs.
    package static func kept(latents: Bool, gradients: Bool = false, forBand: Bool) -> Set<Phase> {
        Set(
            allCases.filter { phase in
                switch phase.retention {
                case .withLatents: latents || forBand
                case .withGradients: gradients || forBand
                case nil: false
                }
            })
    }

    /// Whether its tensors are compared before its other entries, which follow from them; those of a batch follow from
    /// the items' ids.
    package var beginsWithTensors: Bool { self != .batch }

    /// The order in a step.
    package static func < (left: Phase, right: Phase) -> Bool { left.place < right.place }

    private var place: Int { Phase.allCases.firstIndex(of: self)! }
}
