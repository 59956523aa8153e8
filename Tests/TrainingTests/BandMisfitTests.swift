import Compute
import Core
import Ledger
import Testing
import TinyRuns

@testable import Training

/// A band is for one run; the session of another refuses it, and says what is different.
@Suite struct BandMisfitTests {
    private func band(for session: TrainingSession) -> Band {
        Band(
            recipe: .of(.recipe, session.recipe.json), digests: session.inputs.digests,
            bounds: BandBounds(
                latents: 1e-6, errors: 1, loss: 1,
                gradients: Dictionary(uniqueKeysWithValues: session.trainer.model.parameters.map { ($0.name, 1e-6) })),
            calibration: BandCalibration(
                steps: 1, quantile: 1, margin: 1, recorded: session.inputs.configuration, replayed: []))
    }

    private func with(_ body: (Recipe, Engine, Band) throws -> Void) throws {
        let (runs, engine) = (try TinyRuns(), Engine())
        defer {
            engine.stop()
            runs.remove()
        }
        let recipe = try Recipe.read(path: runs.smpo(more: "backend: openblas"))
        try body(recipe, engine, band(for: try TrainingSession(recipe: recipe, engine: engine)))
    }

    private func misfit(_ recipe: Recipe, _ engine: Engine, _ band: Band) -> String? {
        do {
            _ = try TrainingSession(recipe: recipe, engine: engine, band: band)
            return nil
        } catch {
            return (error as? BandMisfit)?.what ?? "\(error)"
        }
    }

    @Test func aBandThatFitsIsPartOfTheInputs() throws {
        try with { recipe, engine, band in
            let session = try TrainingSession(recipe: recipe, engine: engine, band: band)
            #expect(try session.inputs.band(file: "") == band)
            let plain = try TrainingSession(recipe: recipe, engine: engine)
            #expect(plain.inputs.other[Band.member] == nil && plain.inputs.digest != session.inputs.digest)
            #expect(session.inputs.configuration == plain.inputs.configuration)
        }
    }

    @Test func anotherRun() throws {
        try with { recipe, engine, band in
            var other = recipe
            other.optimizer.lr = 2e-3
            #expect(misfit(other, engine, band) == "the recipe's digest")
            other = recipe
            other.backend = .reference
            #expect(misfit(other, engine, band) == "the backend")
            let more = Engine(workers: 2)
            defer { more.stop() }
            #expect(misfit(recipe, more, band) == "the configuration")
        }
    }

    @Test func otherDigestsOrTensors() throws {
        try with { recipe, engine, band in
            var other = band
            other.contract = "ref-9"
            #expect(misfit(recipe, engine, other) == "the contract")
            other = band
            other.digests["data"] = .of(.dataset, "other")
            #expect(misfit(recipe, engine, other) == "the digest of data")
            other = band
            other.bounds.gradients["unet/conv_in.bias"] = nil
            #expect(misfit(recipe, engine, other) == "the gradient of unet/conv_in.bias")
            other = band
            other.bounds.gradients["unet/aaa"] = 0.1
            #expect(misfit(recipe, engine, other) == "the gradient of unet/aaa")
            #expect(misfit(recipe, engine, band) == nil)
        }
    }
}
