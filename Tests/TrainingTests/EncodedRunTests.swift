import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Runs on pictures whose model has an autoencoder: they train on latents that are made once.
@Suite struct EncodedRunTests {
    private func with(sdxl: Bool = false, _ body: (EncodedRun) throws -> Void) throws {
        try RunSupport.withRuns { try body(EncodedRun($0, sdxl: sdxl)) }
    }

    /// A latent is the picture made ready, encoded, sampled with the picture's own noise, and scaled.
    @Test func latentsAreWhatTheAutoencoderMakes() throws {
        try with { run in
            try run.session(run.recipe(", latent_seed: 6", training: ", flip: true")) { session in
                let latents = try #require(session.latents)
                #expect(latents.isOwn && latents.set.layout.latent == [4, 16, 16])
                guard case .pairs(let dataset, _) = session.data.items, let encoded = dataset as? EncodedPairs,
                    let vae = session.model.diffusionModel?.autoencoder
                else { throw RunSupport.Unfinished() }
                let engine = session.trainer.model.engine
                var flips: Set<Bool> = []
                for index in 0..<encoded.count {
                    let row = try latents.set.row(at: index)
                    for side in PairSide.allCases {
                        let picture = row.pictures[side.rawValue]
                        let draws = RandomStream(seed: 6, .flip, step: index).uniforms(start: side.rawValue, count: 1)
                        #expect(picture.isFlipped == (draws[0] < 0.5))
                        flips.insert(picture.isFlipped)
                        let planes = try encoded.pairs.pixels(at: index, which: side, size: 32)
                        let pixels = picture.isFlipped ? PixelPlanes.flipped(planes, width: 32) : planes
                        let moments = vae.encode(Tensor(pixels, shape: [1, 3, 32, 32]), engine: engine)
                        let noise = RandomStream(seed: 6, .latentNoise, step: 2 * index + side.rawValue)
                            .normals(shape: [1, 4, 16, 16])
                        let expected = zip(zip(moments.mean.floats, moments.logVariance.floats), noise.floats).map {
                            ($0.0.0 + Elementary.exp(0.5 * $0.0.1) * $0.1) * 0.18215
                        }
                        #expect(picture.latent.floats == expected)
                    }
                }
                #expect(flips.count == 2)
                let captions = LatentSetCaptions(encoded.pairs)
                for (place, caption) in captions.texts.enumerated() {
                    let found = try latents.set.states(at: place, of: caption)
                    let alone = try #require(session.model.diffusionModel).encode([caption], engine: engine)
                    #expect(found.context.floats == alone.context.floats)
                }
            }
        }
    }

    /// What is made once and read, made in another folder, or partly encoded in the step, is the same run.
    @Test(arguments: [false, true]) func whereLatentsAreLeavesNoTrace(sdxl: Bool) throws {
        try with(sdxl: sdxl) { run in
            let recipe = try run.recipe(more: "lora: {rank: 1, targets: [to_q]}")
            let made = try run.session(recipe) { ($0.inputs, try RunSupport.records($0)) }
            #expect(made.0.digests.keys.contains("latents") && made.0.digests.keys.contains("model/vae"))
            #expect(made.0.streams["latentNoise"] == 9)
            let read = try run.session(recipe, workers: 2) { session in
                #expect(session.latents?.isOwn == false)
                return (session.inputs, try RunSupport.records(session))
            }
            #expect(read.0.digest == made.0.digest && read.1 == made.1)
            let again = try run.session(recipe, workers: 3, .makeAgain) { session in
                #expect(session.latents?.isOwn == true)
                return (session.inputs, try RunSupport.records(session))
            }
            #expect(again.0.digest == made.0.digest && again.1 == made.1)
            // Captions that are encoded in each step are other inputs, and the same numbers.
            let inStep = try run.session(run.recipe(", text_states: false", more: "lora: {rank: 1, targets: [to_q]}")) {
                #expect($0.latents?.set.layout.texts == nil)
                return ($0.inputs, try RunSupport.records($0))
            }
            #expect(inStep.0.digests["latents"] != made.0.digests["latents"])
            #expect(inStep.1 == made.1)
            // A batch is recorded by its latents, its items by their pictures.
            let record = try #require(made.1.first)
            let ids = try #require(record[Entries.Batch.ids])
            #expect(ids.count == 3 && record[Entries.Batch.items]?.count == 3)
            #expect(try FileContents.names(in: run.sets).count == 2)
        }
    }

    /// The same set as a folder of latents that was made elsewhere: other names and digests of the items, and every number of
    /// a step the same, where the loss depends on the size of a latent, too.
    @Test(arguments: ["objective: {name: smpo, errors: sum}", "objective: {name: dpo}"])
    func latentsOfPicturesTrainAsAFolderOfThemDoes(objective: String) throws {
        try with { run in
            func recipe(_ data: String) throws -> String {
                try run.runs.write(
                    """
                    name: encoded
                    seed: 11
                    data: {\(data)}
                    model: {path: \(run.runs.path("model"))}
                    \(objective)
                    optimizer: {lr: 1e-3}
                    training: {steps: 2, pairs_per_step: 3, caption_dropout: 0.3}
                    """, to: "either-\(UUID().uuidString).yaml")
            }
            var folder = ""
            let pictures = try run.session(recipe("kind: shapes, size: 32, pairs: 5, seed: 3")) { session in
                folder = try #require(session.latents).set.folder
                return try RunSupport.records(session)
            }
            let latents = try run.session(recipe("kind: latents, size: 16, path: \(folder)")) { session in
                #expect(session.latents == nil && session.inputs.digests["data/latent_set"] != nil)
                return try RunSupport.records(session)
            }
            for (a, b) in zip(pictures, latents) {
                #expect(a[Entries.Batch.weights] == b[Entries.Batch.weights])
                #expect(a[.batch]?.tensors?.root == b[.batch]?.tensors?.root)
                for phase in Phase.allCases where phase != .batch { #expect(a[phase] == b[phase], "\(phase)") }
            }
        }
    }

    /// A set that is trained on as a folder of latents knows the pixels of a latent: here two, not eight.
    @Test func latentsOfASetHaveItsPixels() throws {
        try with(sdxl: true) { run in
            func told(_ recipe: String) throws -> [Int]? {
                try run.session(recipe) { session in
                    try RunSupport.records(session)[0][Entries.Batch.timeIDs[SampleName(ItemName(1), .loser)]]
                }
            }
            var folder = ""
            try run.session(run.recipe()) { folder = try #require($0.latents).set.folder }
            let pictures = try told(run.recipe())
            let latents = try run.runs.write(
                String(decoding: try FileContents.read(run.recipe()), as: UTF8.self).replacing(
                    "kind: shapes, size: 32, pairs: 5, seed: 3", with: "kind: latents, size: 16, path: \(folder)"),
                to: "as-latents.yaml")
            #expect(try told(latents) == pictures && pictures == [32, 32, 0, 0, 32, 32])
        }
    }

    @Test func aChangedLatentStopsTheStepThatReadsIt() throws {
        try with { run in
            let recipe = try run.recipe()
            let folder = try run.session(recipe) { try #require($0.latents).set.folder }
            let path = "\(folder)/pairs-000000.safetensors"
            var bytes = try FileContents.read(path)
            // Somewhere among the latents, which are most of the file.
            bytes[bytes.count / 2] ^= 1
            try AtomicFile.write(bytes, to: path)
            try run.session(recipe) { session in
                let error = try #require(throws: LatentSetChanged.self) {
                    while true { _ = try session.step(observer: nil) }
                }
                #expect(error.file == path && error.row != nil && error.what.hasPrefix("latents_"), "\(error)")
            }
        }
    }

    /// Two processes that look for one set: one makes it, the other waits and finds it.
    @Test func aSetIsMadeOnce() throws {
        try with { run in
            let (own, other) = (run.runs.path("own"), run.runs.path("other"))
            _ = try run.session(run.recipe(", latent_set: \(other)")) { #expect($0.latents?.isOwn == true) }
            var held: LatentSetLock? = try LatentSetLock(own) {}
            let engine = Engine(workers: 1)
            defer { engine.stop() }
            var waits = 0
            var use = LatentSetUse(folder: run.sets) { _, _ in Issue.record("a row is made twice") }
            use.waiting = {
                waits += 1
                guard waits == 2 else { return }
                // The other process is done.
                for name in try FileContents.names(in: other) {
                    try FileManager.default.copyItem(atPath: "\(other)/\(name)", toPath: "\(own)/\(name)")
                }
                held = nil
            }
            let recipe = try Recipe.read(path: run.recipe(", latent_set: \(own)"))
            let session = try TrainingSession(recipe: recipe, engine: engine, latents: use)
            #expect(waits == 2 && held == nil)
            #expect(session.latents?.isOwn == false && session.latents?.set.folder == own)
            #expect(try FileContents.names(in: own) == FileContents.names(in: other))
        }
    }

    /// What was there of a set that is gone on with was read, not made.
    @Test func aSetThatWasBegunIsNotAllTheSessionsOwn() throws {
        try with { run in
            let recipe = try run.recipe()
            let (folder, digest) = try run.session(recipe) { session in
                let set = try #require(session.latents).set
                return (set.folder, set.digest)
            }
            try FileContents.remove(["\(folder)/latents.json", "\(folder)/texts-000000.safetensors"])
            try run.session(recipe) { session in
                #expect(session.latents?.isOwn == false && session.latents?.set.digest == digest)
            }
        }
    }

    /// The network has no part in the set: a process that makes one reads its header alone.
    @Test func encodingReadsNoNumberOfTheNetwork() throws {
        try with { run in
            let engine = Engine(workers: 1)
            defer { engine.stop() }
            let recipe = try Recipe.read(path: run.recipe())
            let whole = try LatentEncoding.open(recipe, on: engine).source
            let path = run.runs.path("model/unet/diffusion_pytorch_model.safetensors")
            var bytes = try FileContents.read(path)
            bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
            try AtomicFile.write(bytes, to: path)
            #expect(try LatentEncoding.open(recipe, on: engine).source == whole)
            // One that could not be trained afterwards is refused all the same.
            try AtomicFile.write(bytes.dropLast(4), to: path)
            let cut = try #require(throws: CheckpointError.self) { try LatentEncoding.open(recipe, on: engine) }
            #expect(cut.file == path, "\(cut)")
            try FileContents.remove([path])
            let missing = try #require(throws: CheckpointError.self) { try LatentEncoding.open(recipe, on: engine) }
            #expect(missing.file.hasSuffix("model/unet"), "\(missing)")
        }
    }

    /// A session that is to be another run's is refused before its latents are made.
    @Test func inputsAreCheckedBeforeLatentsAreMade() throws {
        try with { run in
            struct Refused: Error {}
            #expect(throws: Refused.self) {
                try run.session(
                    run.recipe(),
                    check: { data, digests in
                        #expect(digests["data"] != nil && digests["model/vae"] != nil && digests["latents"] == nil)
                        throw Refused()
                    }
                ) { _ in }
            }
            #expect(!FileContents.exists(run.sets))
            #expect(throws: LatentSetMissing.self) { try run.session(run.recipe(), .read) { _ in } }
            #expect(!FileContents.exists(run.sets))
        }
    }

    @Test func whatCannotBeEncodedIsSaidSo() throws {
        try with { run in
            func failure(_ recipe: String) -> String {
                do {
                    try run.session(recipe) { _ in }
                    return "no error"
                } catch {
                    return "\(error)"
                }
            }
            // A set of other pictures under a name that the recipe gives.
            let named = ", latent_set: \(run.runs.path("own"))"
            #expect(failure(try run.recipe(named)) == "no error")
            let other = try run.recipe(named + ", latent_seed: 1")
            #expect(failure(other).contains("the seed") && failure(other).contains("--replace"), "\(failure(other))")
            let pixels = try run.runs.recipe("name: smpo")
            let text = String(decoding: try FileContents.read(pixels), as: UTF8.self)
                .replacingOccurrences(of: "seed: 3}", with: "seed: 3, latent_seed: 4}")
            let wrong = failure(try run.runs.write(text, to: "wrong.yaml"))
            #expect(wrong.contains("data.latent_seed") && wrong.contains("autoencoder"), "\(wrong)")
            // What is planned is what can be trained.
            let odd = try Recipe.read(path: run.recipe(), overrides: ["data.size=33"])
            let message = said { _ = try MemoryPlan(odd, workers: 1) }
            #expect(message.contains("data.size: expected a multiple of 2") && message.contains("33"), "\(message)")
            let single = failure(try run.recipe(more: "").replacingSMPO(run.runs))
            #expect(single.contains("single ones"), "\(single)")
        }
    }
}

/// What the error of `body` says.
private func said(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

extension String {
    /// The path of the recipe at this path with plain fine-tuning in place of SmPO.
    fileprivate func replacingSMPO(_ runs: TinyRuns) throws -> String {
        let text = String(decoding: try FileContents.read(self), as: UTF8.self)
            .replacingOccurrences(of: "objective: {name: smpo, beta: 2000, gamma: 10}", with: "objective: {name: sft}")
            .replacingOccurrences(of: "inversion: {steps: 2}\n", with: "")
        return try runs.write(text, to: "sft.yaml")
    }
}
