import Comparison
import Core
import Datasets
import Ledger

/// The verdict on a run and its reason, made from what is known: whether the evidence holds, what the replay was held
/// against, and how the two compare. No other place makes a verdict.
package struct Judgement: Sendable, Equatable {
    /// The verdict.
    package let verdict: Verdict
    /// The reason, where the verdict needs one beside the first difference; of a run that is reproduced in part only,
    /// what was not compared.
    package let reason: String?
    /// Whether the verdict speaks of all steps that the recipe demands.
    package let isWhole: Bool

    /// The facts of a replay that decide the verdict.
    package struct Facts: Sendable, Equatable {
        /// The steps that the recipe demands.
        package var demanded: Int
        /// The first and the last step that were to be compared; the last is 0 where there is none.
        package var first = 1, last: Int
        /// The number of them that were compared with a record.
        package var compared = 0
        /// The first difference.
        package var difference: Divergence?
        /// The comparison of the replay's outcome with the stated ones.
        package var outcome = Outcome.notReached
        /// A contradiction of the documents with each other or with the records, whatever a replay gives.
        package var contradiction: String?
        /// The inputs that are not as they were recorded.
        package var changedInputs: [String] = []
        /// The reason why the replay could not go on: a record or a value that it needs is not there.
        package var obstacle: String?
        /// The contracts of record and replay, where they are two: nothing is compared then.
        package var contracts: ContractDifference?
        /// Whether numbers were held against a band, not against their bits.
        package var isBanded = false

        /// Facts of a replay of the steps `first` to `last` of `demanded`, before any was compared.
        package init(demanded: Int, first: Int = 1, last: Int) {
            self.demanded = demanded
            self.first = first
            self.last = last
        }

        /// The number of steps that were to be compared.
        var asked: Int { max(0, last - first + 1) }
    }

    /// The comparison of a replay's outcome with those that documents state of the whole run.
    package enum Outcome: Sendable, Equatable {
        /// The replay did not reach the end of the run.
        case notReached
        /// No document states an outcome.
        case notStated
        /// All documents state the replay's outcome.
        case equal
        /// One states another.
        case different(String)
    }

    /// The judgement on a replay.
    package init(_ facts: Facts) {
        let isFinished = facts.last == facts.demanded && facts.outcome == .equal
        isWhole = facts.first == 1 && isFinished
        (verdict, reason) = Judgement.verdict(facts)
    }

    private static func verdict(_ facts: Facts) -> (Verdict, String?) {
        if let contracts = facts.contracts { return (.incomparable, contracts.description) }
        if facts.difference != nil { return (.diverged, nil) }
        if !facts.changedInputs.isEmpty {
            return (.diverged, "it started from other inputs: \(facts.changedInputs.joined(separator: ", "))")
        }
        if case .different(let how) = facts.outcome { return (.diverged, "\(how); no record of a step differs") }
        if let contradiction = facts.contradiction { return (.tampered, contradiction) }
        if let obstacle = facts.obstacle { return (.incomparable, obstacle) }
        guard facts.asked > 0 else { return (.incomparable, "there is no step to compare") }
        // The chain head stands for every step before it.
        guard facts.outcome == .equal || facts.compared >= facts.asked else {
            return (
                .incomparable,
                "no record of step \(facts.last) is there to compare with, only what the whole run came to"
            )
        }
        let passed = facts.isBanded ? Verdict.withinBand : .reproduced
        if facts.outcome == .notStated, facts.last < facts.demanded {
            return (passed, "the run is not finished: its recipe demands \(facts.demanded) steps")
        }
        return (passed, nil)
    }

    /// The judgement on a run that cannot be compared, for this reason.
    package static func incomparable(_ reason: String) -> Judgement { Judgement(.incomparable, reason) }

    /// The judgement on a run whose latents come out otherwise, before any step.
    package static func diverged(_ error: OtherLatents) -> Judgement { Judgement(.diverged, error.description) }

    /// The judgement that an error makes of a run: evidence that does not hold, or that is not there, or latents that come out
    /// otherwise; nil for any other error, which says that the work could not be done.
    package init?(_ error: any Error) {
        switch error {
        case let error as TamperError: self.init(.tampered, error.description)
        case let error as LatentSetChanged: self.init(.tampered, error.description)
        case let error as OtherLatents: self = .diverged(error)
        case let error as MissingObject: self.init(.incomparable, error.description)
        case let error as UnstatedInput: self.init(.incomparable, error.description)
        case let error as ContractDifference: self.init(.incomparable, error.description)
        default: return nil
        }
    }

    /// The judgement that a report tells of, from wherever it was made.
    init(_ audit: ReportedAudit) { self.init(audit.verdict, audit.difference ?? audit.reason) }

    /// The judgement that somebody else came to, and the reason that was told.
    init(_ verdict: Verdict, told reason: String?) { self.init(verdict, reason) }

    private init(_ verdict: Verdict, _ reason: String?) {
        self.verdict = verdict
        self.reason = reason
        isWhole = false
    }
}
