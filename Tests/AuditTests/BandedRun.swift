import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// A small run that was recorded on OpenBLAS with a band, which this process has calibrated against the reference.
enum BandedRun {
    /// Records `recipe`, which names the backend openblas, as run-1 and hands the run to `body`.
    static func with<Result>(
        _ recipe: (TinyRuns) throws -> String = { try $0.smpo(more: "backend: openblas") },
        stopAfter: Int = .max, _ body: (RecordedRun, Recipe, Band) throws -> Result
    ) throws -> Result {
        let (runs, engine) = (try TinyRuns(), Engine())
        defer {
            engine.stop()
            runs.remove()
        }
        let recipe = try Recipe.read(path: recipe(runs))
        let band = try calibrate(recipe, Workspace(root: runs.path("calibration")), engine)
        let session = try TrainingSession(recipe: recipe, engine: engine, band: band)
        let workspace = Workspace(root: runs.path("work"))
        let recording = RunRecording(
            session: session, workspace: workspace, circumstances: RecordedRun.circumstances)
        let ending = try recording.record(
            name: nil, taken: [], started: { _ in }, onStep: { _, _ in },
            shouldStop: { session.trainer.steps >= stopAfter })
        let manifest: Manifest
        switch ending {
        case .finished(let written): manifest = written
        case .interrupted(let run, _): manifest = try workspace.openLedger().verify(run).manifest
        }
        return try body(RecordedRun(runs: runs, engine: engine, manifest: manifest), recipe, band)
    }

    /// A band from two steps, replayed on the reference backend.
    static func calibrate(_ recipe: Recipe, _ workspace: Workspace, _ engine: Engine, margin: Double = 4) throws -> Band
    {
        let session = try TrainingSession(recipe: recipe, engine: engine)
        _ = try RunRecording(
            session: session, workspace: workspace, circumstances: RecordedRun.circumstances, keepsGradients: true
        ).record(
            name: "calibration", taken: [], started: { _ in }, onStep: { _, _ in },
            shouldStop: { session.trainer.steps >= 2 })
        var calibrator = BandCalibrator(recordedBy: "here", configuration: session.inputs.configuration)
        calibrator.add(
            "reference",
            try BandMeasurement(of: "calibration", in: workspace, on: .reference, engine: engine))
        return try calibrator.band(
            recipe: .of(.recipe, recipe.json), digests: session.inputs.digests, steps: 2, quantile: 1, margin: margin)
    }
}

extension RecordedRun {
    /// Records the run anew as `forged`, all hashes and links made to fit, each step as `change` gives it.
    func forge(
        inputs: ManifestInputs? = nil,
        _ change: (StepTrace, [StoredTensor]) throws -> (StepTrace, [StoredTensor])
    ) throws -> AuditReport {
        let store = try workspace.openLedger()
        let recorder = try store.createRun(
            inputs: inputs ?? manifest.inputs, circumstances: RecordedRun.circumstances, name: "forged")
        for step in try traces() {
            let (trace, stored) = try change(step, store.storedTensors(of: "run-1", step: step.record.step))
            try recorder.append(trace, stored: stored)
        }
        _ = try recorder.finish(
            weightsDigest: try #require(manifest.outcome?.weightsDigest), files: try #require(manifest.outcome?.files))
        try store.verify("forged", objects: workspace.objects)
        return try audit("forged")
    }

    /// A step with other values of one gradient, their object and digest remade.
    func replacing(
        gradient name: String, _ step: StepTrace, _ stored: [StoredTensor], _ change: (inout [Float]) -> Void
    ) throws -> (StepTrace, [StoredTensor]) {
        let place = try #require(stored.first { $0.phase == .gradient && $0.name == name })
        var bytes = try workspace.objects.get(place.object)
        let span = place.offset..<place.offset + place.count
        var values = bytes[span].withUnsafeBytes { raw in
            (0..<place.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        change(&values)
        bytes.replaceSubrange(span, with: values.withUnsafeBytes { Array($0) })
        let object = try workspace.objects.put(bytes)
        let digest = bytes[span].withUnsafeBytes {
            Digest.tensor(name: name, dtype: "F32", shape: place.shape, bytes: $0)
        }
        let moved = stored.map {
            StoredTensor(
                phase: $0.phase, name: $0.name, dtype: $0.dtype, shape: $0.shape, object: object, offset: $0.offset,
                count: $0.count)
        }
        return (try step.replacing(.gradient, name, by: digest), moved)
    }
}
