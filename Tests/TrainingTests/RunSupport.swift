import Digests
import Foundation
import Ledger
import Tensors
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

    struct Unfinished: Error {}
}
