import Compute
import Core
import Ledger
import Testing
import TinyRuns

@testable import Training

/// The recipe's `backend`, and what a manifest says of it.
@Suite struct BackendTests {
    @Test func theDefaultIsTheReferenceAndLeavesNoTrace() throws {
        let plain = try Recipe.parse(RecipeSamples.smpo, file: "x.yaml")
        let named = try Recipe.parse(RecipeSamples.smpo + "\nbackend: reference", file: "x.yaml")
        #expect(plain.backend == .reference && plain == named)
        #expect(!plain.json.canonical.contains("backend") && !plain.yaml.contains("backend"))
        #expect(Backend.reference.rawValue == ManifestInputs.referenceBackend)
    }

    @Test func anotherOneIsPartOfTheResolvedRecipe() throws {
        for (text, overrides) in [
            (RecipeSamples.smpo + "\nbackend: openblas", []), (RecipeSamples.smpo, ["backend=openblas"]),
        ] {
            let recipe = try Recipe.parse(text, file: "x.yaml", overrides: overrides)
            #expect(recipe.backend == .openblas)
            #expect(recipe.json.canonical.hasPrefix(#"{"backend":"openblas","data":"#))
            let stored = try JSONValue.parse(recipe.json.canonicalBytes, file: "manifest.json")
            #expect(try Recipe(json: JSONCursor(stored, name: "recipe")) == recipe)
            #expect(try Recipe.parse(recipe.yaml, file: "y.yaml") == recipe)
        }
    }

    @Test(arguments: [
        (
            "backend: openbls",
            "13:10: key \"backend\": expected reference or openblas, found the text \"openbls\"; "
                + "did you mean \"openblas\"?"
        ),
        ("backend: cuda", "13:10: key \"backend\": expected reference or openblas, found the text \"cuda\""),
        ("backend: 1", "13:10: key \"backend\": expected reference or openblas, found 1"),
        ("backend:", "13:9: key \"backend\": expected reference or openblas, found nothing"),
        ("backends: openblas", "13:1: unknown key \"backends\"; did you mean \"backend\"?"),
    ])
    func mistakes(text: String, message: String) {
        #expect(RecipeSamples.failure(RecipeSamples.smpo + "\n" + text) == "x.yaml:\(message)")
    }

    /// One recipe has one resolved form: the reference is never written.
    @Test func aResolvedRecipeThatNamesTheReferenceIsRefused() throws {
        guard case .object(var json) = try Recipe.parse(RecipeSamples.smpo, file: "x.yaml").json else { return }
        json["backend"] = "reference"
        #expect(throws: SettingsError.self) { try Recipe(json: JSONCursor(.object(json), name: "recipe")) }
    }

    /// The recipe decides, whatever engine the session is given; the inputs say what the bits depend on.
    @Test func inputsOfASession() throws {
        let runs = try TinyRuns()
        defer { runs.remove() }
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        func session(_ overrides: [String], on engine: Engine) throws -> TrainingSession {
            try TrainingSession(recipe: try Recipe.read(path: runs.smpo(), overrides: overrides), engine: engine)
        }
        let plain = try session([], on: engine.on(.openblas))
        #expect(plain.inputs.backend == "reference" && plain.inputs.other == JSONObject())
        #expect(plain.trainer.model.engine.backend == .reference)

        let other = try session(["backend=openblas"], on: engine)
        #expect(other.trainer.model.engine.backend == .openblas)
        #expect(other.inputs.backend == "openblas")
        let library = try JSONCursor(other.inputs.json, name: "inputs")["openblas"]
        #expect(try library["version"].string() == OpenBLAS.version)
        #expect(try library["core"].string() == OpenBLAS.core)
        #expect(try library["config"].string() == OpenBLAS.config)
        #expect(try library["threading"].string() == OpenBLAS.threading)
        #expect(try library["threads"].int() == 2)
        let alone = try session(["backend=openblas"], on: Engine())
        #expect(alone.inputs.digest != other.inputs.digest)
    }

    /// A step on both backends: close to each other, and not the same bits.
    @Test func aStepOnBothBackends() throws {
        let runs = try TinyRuns()
        defer { runs.remove() }
        let losses = try ["reference", "openblas"].map { backend in
            let recipe = try Recipe.read(path: runs.smpo(), overrides: ["backend=\(backend)"])
            let session = try TrainingSession(recipe: recipe, engine: Engine())
            let first = try session.step(observer: nil)
            return (first.gradientNorm, try session.trainer.weightsDigest())
        }
        // numerics.md's honest noise of one step is near 1e-6 in the gradient; the tiny network has few numbers to even
        // it out. A wrong sample or timestep would be 1e-2 and more.
        #expect(abs(losses[0].0 - losses[1].0) <= 1e-4 * losses[0].0)
        #expect(losses[0].1 != losses[1].1)
    }
}
