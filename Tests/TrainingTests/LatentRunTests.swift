import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Runs on latents, from models in files: what they share, and what they write.
@Suite struct LatentRunTests {
    /// A folder with random latents and a model of theirs, stored as `dtype`.
    private func withModel(_ dtype: DType, _ body: (TinyRuns, _ data: String, _ model: String) throws -> Void) throws {
        try RunSupport.withRuns { runs in
            let (data, model) = (runs.path("data"), runs.path("model"))
            try RandomLatents(pairs: 3, channels: 4, size: 16, seed: 2).write(to: data)
            let recipe = try Recipe.read(path: try runs.latents(data: data))
            guard case .fresh(let fresh) = recipe.model else { throw RunSupport.Unfinished() }
            let engine = Engine()
            defer { engine.stop() }
            _ = try recipe.outline().write(drawing: fresh.initSeed, to: model, dtype: dtype, on: engine)
            try body(runs, data, model)
        }
    }

    /// The folder that `smpo init` writes is the new model of the recipe: equal records, bit by bit.
    @Test func aModelFromAFileTrainsAsTheNewOne() throws {
        try withModel(.f32) { runs, data, model in
            let fresh = try RunSupport.withSession(runs.latents(data: data)) { try RunSupport.records($0) }
            let read = try RunSupport.withSession(runs.latents(data: data, model: model)) { try RunSupport.records($0) }
            #expect(fresh == read)
            #expect(fresh[0].phases.map(\.phase) == Phase.allCases)
        }
    }

    /// Policy and reference look at the same bytes until the first update: the file's where they are Float32, one
    /// widened copy where they are halves.
    @Test(arguments: [DType.f32, .f16]) func weightsAreSharedUntilTheFirstUpdate(dtype: DType) throws {
        try withModel(dtype) { runs, data, model in
            try RunSupport.withSession(runs.latents(data: data, model: model)) { session in
                let policy = try #require(session.trainer.task.denoising).model.policy.parameters
                let reference = try #require(session.trainer.task.denoising?.model.reference).parameters
                func shared() -> Int {
                    zip(policy, reference).count { $0.value.storage === $1.value.storage && $0.name == $1.name }
                }
                #expect(shared() == policy.count)
                #expect(policy.allSatisfy { $0.value.storage.isWritable == (dtype == .f16) })
                #expect(session.trainer.optimizer.stateTensors.isEmpty && policy.allSatisfy { $0.gradient == nil })
                let before = reference.map { $0.value.digest(named: $0.name) }
                _ = try session.step(observer: nil)
                #expect(shared() == 0)
                #expect(reference.map { $0.value.digest(named: $0.name) } == before)
                #expect(policy.map { $0.value.digest(named: $0.name) } != before)
                #expect(policy.allSatisfy { $0.gradient == nil && $0.value.storage.isWritable })
                // Later updates work in place.
                let places = policy.map { ObjectIdentifier($0.value.storage) }
                _ = try session.step(observer: nil)
                #expect(policy.map { ObjectIdentifier($0.value.storage) } == places)
            }
        }
    }

    /// The bytes of a checkpoint are those of the file it stands for, digest and all.
    @Test func checkpointsAreStreamedUnchanged() throws {
        try withModel(.f16) { runs, data, model in
            let folder = runs.path("work")
            try RunSupport.withSession(runs.latents(data: data, model: model, training: ", ema: 0.9")) { session in
                _ = try RunSupport.record(session, in: folder)
                let store = try Workspace(root: folder).openLedger()
                let checkpoint = try #require(try store.checkpoints(of: "run-1").last)
                let trainer = session.trainer
                let optimizer = try #require(trainer.optimizer as? AdamW)
                let expected = try Safetensors.encode(
                    tensors: trainer.model.parameters.map { ("weights/" + $0.name, $0.parameter.value) }
                        + optimizer.moments.flatMap {
                            [("first/" + $0.name, $0.first), ("second/" + $0.name, $0.second)]
                        } + (trainer.average?.tensors ?? []).map { ("average/" + $0.name, $0.tensor) },
                    metadata: [
                        "format": "smpo-state-1", "steps": "2", "updates": "2",
                        "beta1_power": HexFloat.string(0.9 * 0.9), "beta2_power": HexFloat.string(0.999 * 0.999),
                    ])
                #expect(try Workspace(root: folder).objects.get(checkpoint.object) == expected)
                #expect(checkpoint.object == Digest.of(.object, expected))
            }
        }
    }

    /// Captions are encoded a few at a time, which no caption notices.
    @Test func captionsDoNotSeeEachOther() throws {
        try withModel(.f32) { _, _, path in
            let engine = Engine(workers: 2)
            defer { engine.stop() }
            let model = try DiffusionModel(path: path)
            let captions = (0..<19).map { "a circle \($0)" }
            let together = model.encode(captions, engine: engine).context
            for (row, caption) in captions.enumerated() {
                let alone = model.encode([caption], engine: engine).context
                #expect(alone.floats == together.slice(row..<row + 1).floats)
            }
        }
    }

    @Test func modelsAndDataHaveToFit() throws {
        try withModel(.f32) { runs, data, model in
            func failure(_ recipe: String, _ overrides: [String] = []) -> String {
                do {
                    try RunSupport.withSession(recipe, overrides) { _ in }
                    return "no error"
                } catch {
                    return "\(error)"
                }
            }
            let latents = try runs.latents(data: data, model: model)
            #expect(failure(latents) == "no error")
            let pictures = try runs.smpo(model: model)
            #expect(failure(pictures).contains("expected 3 in and 3 out"), "\(failure(pictures))")
            #expect(failure(pictures).contains("data.kind: latents"))
            #expect(failure(latents, ["data.size=8"]).contains("data.size: expected 16"))
            #expect(failure(latents, ["training.flip=true"]).contains("training.flip"))
            #expect(failure(latents, ["data.pairs=3"]).contains("data.kind: latents"))
            let other = runs.path("other")
            try RandomLatents(pairs: 1, channels: 5, size: 16, seed: 1).write(to: other)
            #expect(failure(latents, ["data.path=\(other)"]).contains("expected 5 in and 5 out, as the latents"))
            // An autoencoder in the folder is of no use, and no harm, to latents.
            try FileContents.makeFolder(model + "/vae")
            #expect(failure(latents) == "no error")
            #expect(failure(pictures).contains("vae/config.json"))
            #expect(throws: CheckpointError.self) { try DiffusionModel(path: model) }
        }
    }
}
