import Training

/// The steps of a run, computed again only for the state after them.
struct UncomparedSteps: ReplaySource {
    let session: TrainingSession

    var done: Int { session.trainer.steps }

    mutating func next(_ demand: ReplayDemand) throws -> ReplayedStep {
        _ = try session.step(observer: nil)
        return ReplayedStep(number: done, isCompared: false)
    }
}
