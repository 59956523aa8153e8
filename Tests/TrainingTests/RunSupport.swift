import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Whole small runs for tests.
enum RunSupport {
    /// A folder with configurations, removed after `body`.
    static func withRuns<Result>(_ body: (TinyRuns) throws -> Result) throws -> Result {
        let runs = try TinyRuns()
        defer { runs.remove() }
        return try body(runs)
    }

    /// Opens the session of a recipe; the engine is stopped after `body`.
    static func withSession<Result>(
        _ recipe: String, _ overrides: [String] = [], isa: ISA = .best, workers: Int = 1,
        _ body: (TrainingSession) throws -> Result
    ) throws -> Result {
        let engine = Engine(isa: isa, workers: workers)
        defer { engine.stop() }
        return try body(TrainingSession(recipe: try Recipe.read(path: recipe, overrides: overrides), engine: engine))
    }

    static func recording(_ session: TrainingSession, _ folder: String) -> RunRecording {
        RunRecording(
            session: session, workspace: Workspace(root: folder),
            circumstances: ManifestCircumstances(isa: "any", workers: 1, build: "test", host: "test"))
    }

    /// Records all steps into the workspace `folder`.
    static func record(_ session: TrainingSession, in folder: String, name: String? = nil) throws -> Manifest {
        let ending = try recording(session, folder).record(
            name: name, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
        guard case .finished(let manifest) = ending else { throw Unfinished() }
        return manifest
    }

    /// The records of all steps, nothing stored.
    static func records(_ session: TrainingSession) throws -> [StepRecord] {
        let builder = TraceBuilder(keeps: [], engine: session.trainer.model.engine)
        return try (0..<session.recipe.training.steps).map { _ in
            _ = try session.step(observer: builder)
            return try builder.finish(session.trainer).record
        }
    }

    /// The records of all steps, which must be the same with every instruction set, other workers, smaller parts of a
    /// batch, and recomputation.
    static func recordsHoweverComputed(
        _ recipe: String, location: SourceLocation = #_sourceLocation
    ) throws -> [StepRecord] {
        let plain = try withSession(recipe) { try records($0) }
        for (index, isa) in ISA.supported.enumerated() {
            let other = try withSession(recipe, isa: isa, workers: 2 + index) { try records($0) }
            #expect(other == plain, "\(isa)", sourceLocation: location)
        }
        for override in ["training.micro_pairs=1", "training.micro_pairs=2", "training.recompute=true"] {
            let other = try withSession(recipe, [override]) { try records($0) }
            #expect(other == plain, "\(override)", sourceLocation: location)
        }
        return plain
    }

    /// Records run-1 into the workspace `folder` up to step `stop`.
    static func recordInterrupted(_ recipe: String, in folder: String, after stop: Int) throws {
        let ending = try withSession(recipe) { session in
            try recording(session, folder).record(
                name: nil, taken: [], started: { _ in }, onStep: { _, _ in },
                shouldStop: { session.trainer.steps == stop })
        }
        guard case .interrupted("run-1", stop) = ending else { throw Unfinished() }
    }

    /// Takes run-1 up, with two workers, to its end; `onStep` sees the steps.
    static func takeUp(
        _ recipe: String, in folder: String, onStep: (Int) -> Void = { _ in }
    ) throws -> Manifest {
        let ending = try withSession(recipe, workers: 2) { session in
            try recording(session, folder).resume(
                run: "run-1", onStep: { step, _ in onStep(step) }, shouldStop: { false })
        }
        guard case .finished(let manifest) = ending else { throw Unfinished() }
        return manifest
    }

    /// A run that did not end as it should.
    struct Unfinished: Error {}
}

extension Manifest {
    /// What the run came to, however often it was taken up: how many checkpoints the ledger holds is left out.
    var result: ManifestOutcome? {
        var result = outcome
        result?.ledger = nil
        return result
    }
}
