import Comparison
import Compute
import Foundation
import Ledger
import Training

/// Times steps of a recipe, in turn: nobody watching, recorded, and audited.
struct StepBenchmark {
    /// Medians in seconds, and a peak.
    struct Result {
        /// Pairs of a step.
        let pairs: Int
        /// Workers that share it.
        let workers: Int
        /// The most memory that the program held in its first unwatched step, in bytes; nil where the system does not
        /// say.
        let peak: Int?
        /// A step that nobody watches.
        let plain: Double
        /// A step that is recorded at the level `tensors`.
        let recorded: Double
        /// The time of a recorded step for digests, the ledger and the objects, clocked by itself, at the levels `steps`
        /// and `tensors`: on a machine that is busy with other things the difference of two steps says little.
        let recordingSteps: Double, recording: Double
        /// A step that is recorded at the level `operators`.
        let operators: Double
        /// A step that is replayed and compared with the record of another.
        let audited: Double

        /// The share that recording at the level `tensors` adds to a step.
        var overhead: Double { recording / (recorded - recording) }
        /// The share that recording at the level `steps` adds to a step.
        var overheadSteps: Double { recordingSteps / (recorded - recording) }
    }

    /// Two sessions of one recipe did not agree: nothing that was timed can be believed.
    struct AuditDiffers: Error, CustomStringConvertible {
        let divergence: Divergence
        var description: String {
            "two runs of one recipe differ at step \(divergence.step), \(divergence.phase.rawValue), "
                + "\(divergence.tensor); smpo doctor may tell why"
        }
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
        // The peak of what a training holds, before the other sessions take theirs.
        let hasReset = MachineMemory.resetPeak()
        _ = try plain.step(observer: nil)
        let peak = hasReset ? MachineMemory.peak() : nil
        let audited = try TrainingSession(recipe: recipe, engine: engine)
        let recorded = try RecordedSession(recipe, .tensors, workspace, engine)
        let recordedSteps = try RecordedSession(recipe, .steps, workspace, engine)
        let recordedOperators = try RecordedSession(recipe, .operators, workspace, engine)
        let replayBuilder = TraceBuilder(engine: engine)
        var (plainTimes, recordedTimes, recordingTimes): ([Double], [Double], [Double]) = ([], [], [])
        var (stepsTimes, operatorsTimes, auditedTimes): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0...rounds {
            let first = try seconds { _ = try plain.step(observer: nil) }
            var step: (trace: StepTrace, recording: Double)?
            let second = try seconds { step = try recorded.step() }
            stepsTimes.append(try recordedSteps.step().recording)
            // It takes several times as long: two rounds tell.
            if round < 3 { operatorsTimes.append(try seconds { _ = try recordedOperators.step() }) }
            let third = try seconds {
                _ = try audited.step(observer: replayBuilder)
                let found = try replayBuilder.finish(audited.trainer)
                if let step, let divergence = TraceComparison.firstDifference(expected: step.trace, found: found) {
                    throw AuditDiffers(divergence: divergence)
                }
                replayBuilder.clearKept()
            }
            if round > 0 {
                plainTimes.append(first)
                recordedTimes.append(second)
                recordingTimes.append(step?.recording ?? 0)
                auditedTimes.append(third)
            }
        }
        for session in [recorded, recordedSteps, recordedOperators] { try session.interrupt() }
        return Result(
            pairs: recipe.training.pairsPerStep, workers: engine.pool.workers, peak: peak, plain: median(plainTimes),
            recorded: median(recordedTimes), recordingSteps: median(Array(stepsTimes.dropFirst())),
            recording: median(recordingTimes), operators: median(Array(operatorsTimes.dropFirst())),
            audited: median(auditedTimes))
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
