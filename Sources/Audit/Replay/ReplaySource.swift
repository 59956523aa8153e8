import Comparison
import Ledger

/// A step of a replay, held against its record.
struct ReplayedStep {
    /// The step, counted from 1.
    let number: Int
    /// Its trace; nil within a band.
    var trace: StepTrace?
    /// Whether there was a record to hold it against.
    var isCompared: Bool
    /// Its first difference from its record, if that was asked for.
    var divergence: Divergence?
    /// Its distance from its record, if that was asked for and there is one.
    var drift: StepDrift?
}

/// The source of a replay's steps, each held against its record.
protocol ReplaySource {
    /// The steps that are done.
    var done: Int { get }
    /// Does the next step, and finds out of it what is asked for. - Throws: what stands in the way.
    mutating func next(_ demand: ReplayDemand) throws -> ReplayedStep
}

/// The comparisons that a replay asks for of a step.
struct ReplayDemand {
    /// The first difference; of no interest after one was found.
    let divergence: Bool
    /// The distance from its record in every phase.
    let drift: Bool
    /// Whether it is the last one.
    let isLast: Bool
}
