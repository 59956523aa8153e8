import Training

/// A spectator whose processor time is counted, so that it can be left out of the training's.
final class TimedSpectator: RunSpectator {
    var name: String { spectator.name }
    var every: Int { spectator.every }
    /// Processor seconds of all its looks.
    private(set) var seconds = 0.0
    private let spectator: any RunSpectator

    init(_ spectator: any RunSpectator) { self.spectator = spectator }

    func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)] {
        let begin = ProcessorTime.now()
        defer { seconds += ProcessorTime.now() - begin }
        return try spectator.look(session, run: run)
    }
}
