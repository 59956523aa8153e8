import Ledger
import Testing

@Suite struct PhaseTests {
    /// What each phase is computed from, directly or by way of others, written down by hand.
    static let known: [(Phase, Set<Phase>)] = [
        (.batch, []), (.timestep, []), (.inversion, [.batch, .timestep]),
        (.target, [.batch, .timestep, .inversion]), (.reference, [.batch, .timestep, .inversion]),
        (.policy, [.batch, .timestep, .inversion]),
        (.loss, [.batch, .timestep, .inversion, .target, .reference, .policy]),
        (.gradient, [.batch, .timestep, .inversion, .target, .reference, .policy, .loss]),
        (.update, [.batch, .timestep, .inversion, .target, .reference, .policy, .loss, .gradient]),
        (.weights, [.batch, .timestep, .inversion, .target, .reference, .policy, .loss, .gradient, .update]),
    ]

    @Test(arguments: known) func allCausesFollowFromThoseAtFirstHand(_ phase: Phase, _ expected: Set<Phase>) {
        #expect(phase.allCauses == expected)
    }

    /// A phase can only be computed from what ran before it.
    @Test func causesRunBefore() {
        for phase in Phase.allCases { #expect(phase.allCauses.allSatisfy { $0 < phase }) }
        #expect(Phase.allCases.shuffled().sorted() == Phase.allCases)
    }

    @Test func keepsWhatAReplayNeeds() {
        #expect(Phase.kept(latents: false, forBand: false) == [])
        #expect(Phase.kept(latents: true, forBand: false) == [.inversion])
        #expect(Phase.kept(latents: false, forBand: true) == [.inversion, .gradient])
        #expect(Phase.kept(latents: false, gradients: true, forBand: false) == [.gradient])
        #expect(Phase.kept(latents: true, forBand: true) == [.inversion, .gradient])
    }

    /// The quantities of a band lie in phases that a band judges, or whose tensors a replay within one starts from.
    @Test func bandedQuantitiesLieWhereABandJudges() {
        for quantity in BandQuantity.allCases {
            #expect(quantity.phase.criterion == .band || quantity.phase.retention == .withGradients)
        }
        #expect(Phase.allCases.filter { $0.criterion == .bits } == [.batch, .timestep, .gradient, .update, .weights])
    }
}
