import Comparison

/// The steps of a run, computed again by some backend only to measure how far they lie from the recorded ones; what every
/// backend computes alike must be equal.
struct MeasuredSteps: ReplaySource {
    let replay: BandReplay
    /// The deviations of each step, in the order of the phases.
    private(set) var deviations: [[Deviation]] = []

    init(_ replay: BandReplay) { self.replay = replay }

    var done: Int { replay.session.trainer.steps }

    mutating func next(_ demand: ReplayDemand) throws -> ReplayedStep {
        let step = try replay.compute()
        deviations.append(step.deviations)
        return ReplayedStep(
            number: step.recorded.trace.record.step, isCompared: true,
            divergence: try step.difference ?? replay.apply(step))
    }
}
