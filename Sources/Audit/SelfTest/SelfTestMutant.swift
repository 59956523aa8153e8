import Compute
import Ledger

/// A change of a run's evidence, or of its replay, and what the audit should say of it.
package struct SelfTestMutant {
    /// What is changed.
    package enum Kind: String, CaseIterable {
        case recipe, seed
        case streamCounter = "stream counter"
        case dataOrder = "data order"
        case caption, label, latent
        case weightBit = "weight bit"
        case optimiserMoment = "optimiser moment"
        case scheduleEntry = "schedule entry"
        case goldenRow = "golden row"
        case ledgerRow = "ledger row"
        case chainLink = "chain link"
        case checkpoint
        case modelFile = "model file"
        case workerCount = "worker count"
        case instructionSet = "instruction set"
    }

    /// What the audit should say.
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

    /// What is done.
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

    /// What is changed.
    package let kind: Kind
    /// How.
    package let change: String
    /// What the audit should say.
    package let expectation: Expectation
    /// The steps that are replayed.
    package let steps: ClosedRange<Int>
    /// What is done; nil for a mutant that this run cannot have.
    package let trial: Trial?
    /// Why it cannot.
    package let reason: String?

    /// A mutant with all its parts.
    package init(
        _ kind: Kind, _ change: String, _ expectation: Expectation, steps: ClosedRange<Int>, _ trial: Trial
    ) {
        (self.kind, self.change, self.expectation, self.steps) = (kind, change, expectation, steps)
        (self.trial, reason) = (trial, nil)
    }

    /// A mutant that is not made.
    package init(_ kind: Kind, _ change: String, notMade reason: String) {
        (self.kind, self.change, expectation, steps) = (kind, change, .tampered, 1...1)
        (trial, self.reason) = (nil, reason)
    }
}
