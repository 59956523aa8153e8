import Foundation
import Ledger
import Tensors
import Training

/// Times steps of a recipe with and without recording, in turn.
struct StepBenchmark {
    /// Medians in seconds.
    struct Result {
        let plain: Double
        let recorded: Double

        /// What recording adds to a step.
        var overhead: Double { recorded / plain - 1 }
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
        var (plainTimes, recordedTimes): ([Double], [Double]) = ([], [])
        for round in 0...rounds {
            let first = try seconds { _ = try plain.step(observer: nil) }
            let second = try seconds { _ = try recording.recordStep(recorder, builder) }
            if round > 0 {
                plainTimes.append(first)
                recordedTimes.append(second)
            }
        }
        try recorder.interrupt()
        return Result(plain: median(plainTimes), recorded: median(recordedTimes))
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
