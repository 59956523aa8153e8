import Ledger

/// The replay of a run: the one loop in which steps are done again and held against their records. Where the steps come
/// from, and what they are measured by (bits or a band), is the source's; how far it goes, the policy's; what follows
/// from it, the judgement's.
struct Replay {
    /// The end of a replay.
    enum Policy {
        /// To the first difference.
        case toFirstDifference
        /// To the last step, also where steps differ; the distance of each from its record is kept.
        case through
    }

    private let policy: Policy
    private let budget: Duration?
    /// The facts so far.
    var facts: Judgement.Facts
    /// The number of steps done.
    private(set) var count = 0
    /// The number of steps done and equal, those before the first that was to be compared among them.
    private(set) var equalSteps = 0
    /// The distances of the steps from their records, of a replay that goes through.
    private(set) var drifts: [StepDrift] = []
    /// Whether the budget was used up before the last step.
    private(set) var isCut = false

    /// A replay from `facts.first` to `facts.last`. With `budget` it ends after the last whole step that is likely to fit,
    /// and after one that is compared in any case.
    init(_ facts: Judgement.Facts, _ policy: Policy = .toFirstDifference, budget: Duration? = nil) {
        self.facts = facts
        self.policy = policy
        self.budget = budget
    }

    /// Does the steps after those that the source has done, up to the last one. `trace` is handed what each gave;
    /// `progress` is told how many of how many are done, and may throw to end it.
    mutating func run(
        _ source: inout some ReplaySource, progress: (Int, Int) throws -> Void = { _, _ in },
        trace: (StepTrace) throws -> Void = { _ in }
    ) throws {
        let (begin, before, last) = (ContinuousClock.now, source.done, facts.last)
        while source.done < last {
            let stepBegin = ContinuousClock.now
            let step = try source.next(demand(isLast: source.done + 1 == last))
            if let found = step.trace { try trace(found) }
            guard hold(step) else { return }
            try progress(step.number - before, last - before)
            let (spent, ofStep) = (ContinuousClock.now - begin, ContinuousClock.now - stepBegin)
            if let budget, facts.first <= step.number, step.number < last, spent + ofStep > budget {
                (facts.last, isCut) = (step.number, true)
                return
            }
        }
    }

    /// The comparisons still asked for of a step.
    func demand(isLast: Bool) -> ReplayDemand {
        let compares = facts.contracts == nil
        return ReplayDemand(
            divergence: compares && facts.difference == nil, drift: compares && policy == .through, isLast: isLast)
    }

    /// Takes in a step; gives whether the replay goes on.
    @discardableResult
    mutating func hold(_ step: ReplayedStep) -> Bool {
        count += 1
        if step.number >= facts.first, step.isCompared { facts.compared += 1 }
        if let drift = step.drift { drifts.append(drift) }
        if facts.difference == nil { facts.difference = step.divergence }
        if facts.difference == nil { equalSteps += 1 }
        return facts.difference == nil || policy == .through
    }

    /// The differences of a run and its replay, whose outcome is `found`.
    func drift(of run: Run, found: ManifestOutcome?) -> Drift {
        var drift = Drift(run: run.name)
        (drift.steps, drift.divergence) = (drifts, facts.difference)
        (drift.recorded, drift.found) = (run.outcomes.first?.outcome, found)
        return drift
    }
}
