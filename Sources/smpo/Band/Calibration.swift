import Audit
import Compute
import Core
import Foundation
import Jobs
import Ledger
import Training

/// The first steps of a session, recorded, and replayed in other configurations. Both stay in a folder of their own until all
/// is done: the same command goes on where it was stopped.
struct Calibration {
    let session: TrainingSession
    /// Steps to record and replay.
    let steps: Int
    let engine: Engine
    private let folder: String
    private let kept: KeptResults
    /// The calibrations of a workspace run one after another: side by side they would measure each other's threads.
    private let lock: FileLock

    /// Waits for another calibration in this workspace; what one that was stopped has left, of other inputs, is removed.
    /// - Throws: `FileError`.
    init(_ session: TrainingSession, steps: Int, engine: Engine) throws {
        self.session = session
        self.steps = steps
        self.engine = engine
        try FileContents.makeFolder(".smpo")
        lock = try FileLock(".smpo/calibrating.lock")
        let key = Digest.of(.document, ["inputs": .digest(session.inputs.digest), "steps": .integer(steps)])
        let name = "calibration-\(key.hex.prefix(12))"
        folder = ".smpo/\(name)"
        kept = try KeptResults.here(folder)
        let others = try FileContents.names(in: ".smpo").filter { $0.hasPrefix("calibration-") && $0 != name }
        for other in others { try FileManager.default.removeItem(atPath: ".smpo/\(other)") }
    }

    /// What all configurations came to. - Throws: `ExitCode` when interrupted; then, and only then, the folder stays.
    func measure(threads: [Int], cores: [String]) throws -> BandCalibrator {
        defer { if !Interrupt.isRequested { try? FileManager.default.removeItem(atPath: folder) } }
        let head = try recorded()
        let (own, workers) = (OpenBLAS.core, engine.pool.workers)
        var planned = [CalibrationJob(core: nil, threads: workers, backend: .reference)]
        for threads in threads {
            for core in [nil] + cores.map(Optional.some) {
                let isOwn = core.map { $0.lowercased() == own.lowercased() } ?? true
                // What recorded the steps need not replay them; nor need what the library chooses come twice.
                if isOwn && (threads == workers || core != nil) { continue }
                planned.append(CalibrationJob(core: core, threads: threads, backend: .openblas))
            }
        }
        let title = CalibrationJob(core: nil, threads: workers, backend: .openblas).title(ownCore: own)
        var calibrator = BandCalibrator(recordedBy: title, configuration: session.inputs.configuration)
        let progress = JobProgress(total: planned.count, unit: "configuration")
        defer { progress.end() }
        let outcomes = try Runner.here(width: 1).run(
            planned.map { $0.job(folder, recorded: head) }, keeping: kept,
            read: { job, ending in
                let outcome = try planned[job].outcome(ending)
                if case .failed(let reason) = outcome, planned[job].backend == .reference {
                    throw BandCalibrator.Unusable(reason: "the reference backend: \(reason)")
                }
                return outcome
            },
            finished: { job, _ in progress.finished(planned[job].title(ownCore: own)) })
        for (job, outcome) in zip(planned, outcomes.joined()) {
            switch outcome {
            case .measured(let measurement): calibrator.add(job.title(ownCore: own), measurement)
            case .otherCore(let core): calibrator.add(job.title(ownCore: own), .otherCore(core))
            case .failed(let reason): calibrator.add(job.title(ownCore: own), .failed(reason))
            }
        }
        return calibrator
    }

    /// The chain head of the recorded steps. A recording that did not come so far is made anew.
    private func recorded() throws -> Digest {
        let (workspace, run) = (Workspace(root: folder), CalibrateCommand.Measure.run)
        if let chain = try workspace.existingLedger()?.verify(run, objects: workspace.objects).chain,
            chain.count == steps
        {
            return chain.head
        }
        if FileContents.isFolder(folder) { try FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder("\(folder)/results")
        let recording = RunRecording(
            session: session, workspace: workspace, circumstances: Circumstances.of(engine), keepsGradients: true)
        let bar = ProgressBar(total: steps, unit: "recorded step")
        _ = try recording.record(
            name: run, taken: [], started: { _ in },
            onStep: { step, _ in bar.update(step) },
            shouldStop: { session.trainer.steps >= steps || Interrupt.isRequested })
        bar.finish()
        if Interrupt.isRequested { throw ExitStatus.interrupted.code }
        return try workspace.openLedger().verify(run, objects: workspace.objects).chain.head
    }
}
