import Foundation
import Ledger
import Tensors
import Training

/// Times steps of a recipe with and without recording, in turn.
struct StepBenchmark {
    /// Medians in seconds.
    struct Result {
        /// A step that nobody watches.
        let plain: Double
        /// A step that is recorded.
        let recorded: Double
        /// What a recorded step spends on digests, the ledger and the objects, clocked by itself: on a machine that
        /// is busy with other things the difference of two steps says little.
        let recording: Double

        /// The share that recording adds to a step.
        var overhead: Double { recording / (recorded - recording) }
    }

    let recipe: Recipe
    let engine: Engine

    /// `rounds` steps of each kind after one to warm up.
    func run(rounds: Int) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "smpo-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let workspace = Workspace(root: folder)
        let plain = try TrainingSession(recipe: recipe, engine: engine)
        let recorded = try TrainingSession(recipe: recipe, engine: engine)
        let recording = RunRecording(
            session: recorded, workspace: workspace, circumstances: Circumstances.of(engine))
        let recorder = try workspace.openLedger().createRun(
            inputs: recorded.inputs, circumstances: recording.circumstances)
        let builder = TraceBuilder(keeps: recipe.record.latents ? [.inversion] : [], engine: engine)
        var (plainTimes, recordedTimes, recordingTimes): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0...rounds {
            let first = try seconds { _ = try plain.step(observer: nil) }
            let clock = ObservationClock(builder)
            let second = try seconds {
                _ = try recorded.step(observer: clock)
                try clock.time { try recording.commit(builder, to: recorder) }
            }
            if round > 0 {
                plainTimes.append(first)
                recordedTimes.append(second)
                recordingTimes.append(clock.spent / .seconds(1))
            }
        }
        try recorder.interrupt()
        return Result(plain: median(plainTimes), recorded: median(recordedTimes), recording: median(recordingTimes))
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = ContinuousClock.now
        try body()
        return (ContinuousClock.now - begin) / .seconds(1)
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[sorted.count / 2]
    }
}
