import Compute
import Ledger

/// A change of a run's evidence, or of its replay, and what the audit should say of it.
package struct SelfTestMutant {
    /// The kind of thing that is changed.
    package enum Kind: String, CaseIterable {
        case recipe, seed
        case streamCounter = "stream counter"
        case dataOrder = "data order"
        case caption, label, latent, crop, mirroring
        case timeIDs = "time ids"
        case textState = "text state"
        case latentSet = "latent set"
        case weightBit = "weight bit"
        case optimiserMoment = "optimiser moment"
        case scheduleEntry = "schedule entry"
        case lane
        case goldenRow = "golden row"
        case ledgerRow = "ledger row"
        case chainLink = "chain link"
        case checkpoint
        case modelFile = "model file"
        case workerCount = "worker count"
        case instructionSet = "instruction set"
    }

    /// The verdict that is right.
    package enum Expectation: Equatable {
        /// The change must not matter.
        case reproduced
        /// A hash or a link does not hold.
        case tampered
        /// The replay differs first in this step, in one of these phases.
        case diverged(step: Int, phases: ClosedRange<Phase>)

        /// The verdict.
        var verdict: Verdict {
            switch self {
            case .reproduced: .reproduced
            case .tampered: .tampered
            case .diverged: .diverged
            }
        }
    }

    /// The way to make the mutant.
    package enum Trial {
        /// The steps are replayed and something goes wrong.
        case fault(Fault)
        /// The steps are replayed on another engine.
        case engine(ISA, workers: Int)
        /// The evidence is changed and the steps are audited.
        case evidence((EvidenceCopy) throws -> Void)
        /// The evidence is changed and verified, without a replay.
        case verification((EvidenceCopy) throws -> Void)
    }

    package let kind: Kind
    /// The change in words.
    package let change: String
    package let expectation: Expectation
    /// The steps that are replayed.
    package let steps: ClosedRange<Int>
    /// Nil for a mutant that this run cannot have.
    package let trial: Trial?
    /// The reason why it cannot have it.
    package let reason: String?

    /// A mutant with all its parts.
    package init(
        _ kind: Kind, _ change: String, _ expectation: Expectation, steps: ClosedRange<Int>, _ trial: Trial
    ) {
        self.kind = kind
        self.change = change
        self.expectation = expectation
        self.steps = steps
        self.trial = trial
        reason = nil
    }

    /// A mutant that is not made.
    package init(_ kind: Kind, _ change: String, notMade reason: String) {
        self.kind = kind
        self.change = change
        expectation = .tampered
        steps = 1...1
        (trial, self.reason) = (nil, reason)
    }
}
