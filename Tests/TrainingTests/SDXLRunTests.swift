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

/// Runs of models with two text encoders, over latents.
@Suite struct SDXLRunTests {
    private func withData(_ body: (TinyRuns, _ data: String) throws -> Void) throws {
        try RunSupport.withRuns { runs in
            try RandomLatents(pairs: 3, channels: 4, size: 16, seed: 2).write(to: runs.path("data"))
            try body(runs, runs.path("data"))
        }
    }

    /// Writes a recipe over the latents; the model is new, or in a folder.
    private func recipe(_ runs: TinyRuns, _ data: String, model: String? = nil, more: String = "") throws -> String {
        try runs.write(
            """
            name: tiny-sdxl
            seed: 13
            data: {kind: latents, path: \(data), size: 16}
            \(model ?? runs.sdxl(latents: true))
            objective: {name: smpo}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: 2, pairs_per_step: 2, caption_dropout: 0.3}
            \(more)
            """, to: "sdxl-\(UUID().uuidString).yaml")
    }

    /// Writes the new model of a recipe into a folder.
    private func write(_ recipe: String, to folder: String, _ dtype: DType = .f32) throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let recipe = try Recipe.read(path: recipe)
        guard case .fresh(let fresh) = recipe.model else { throw RunSupport.Unfinished() }
        _ = try recipe.outline().write(drawing: fresh.initSeed, to: folder, dtype: dtype, on: engine)
    }

    @Test func bitsDoNotDependOnHowTheyAreComputed() throws {
        try withData { runs, data in
            let records = try RunSupport.recordsHoweverComputed(recipe(runs, data))
            let sizes = try #require(records[0][Entries.Batch.timeIDs[SampleName(ItemName(1), .loser)]])
            // In pixels: a latent of 16 stands for a picture of 128.
            #expect(sizes == [128, 128, 0, 0, 128, 128])
        }
    }

    /// A latent stands for as many pixels as the autoencoder beside the model makes one of, or as its set says.
    @Test func aLatentHasItsAutoencodersPixels() throws {
        try withData { runs, data in
            let model = runs.path("model")
            try write(recipe(runs, data), to: model)
            func told(_ recipe: String) throws -> (sizes: [Int]?, vae: Digest?) {
                try RunSupport.withSession(recipe) { session in
                    let record = try #require(try RunSupport.records(session).first)
                    return (
                        record[Entries.Batch.timeIDs[SampleName(ItemName(1), .winner)]],
                        session.inputs.digests["model/vae/config"]
                    )
                }
            }
            let path = try recipe(runs, data, model: "model: {path: \(model)}")
            let plain = try told(path)
            #expect(plain.sizes == [128, 128, 0, 0, 128, 128] && plain.vae == nil)
            try FileContents.makeFolder("\(model)/vae")
            // Stable Diffusion's factor says what stands there without one, and manifests are what they were.
            for (widths, pixels) in [("[4, 4, 4, 4]", 8), ("[4, 8]", 2), ("[4, 4, 8]", 4)] {
                let blocks = widths.split(separator: ",").count
                func list(_ name: String) -> String {
                    "[" + [String](repeating: "\"\(name)\"", count: blocks).joined(separator: ", ") + "]"
                }
                try AtomicFile.write(
                    """
                    {
                      "_class_name": "AutoencoderKL", "block_out_channels": \(widths), "layers_per_block": 1,
                      "norm_num_groups": 4, "down_block_types": \(list("DownEncoderBlock2D")),
                      "up_block_types": \(list("UpDecoderBlock2D")), "sample_size": 32
                    }
                    """, to: "\(model)/vae/config.json")
                let found = try told(path)
                let edge = 16 * pixels
                #expect(found.sizes == [edge, edge, 0, 0, edge, edge], "\(found)")
                #expect((found.vae == nil) == (pixels == 8), "\(found)")
            }
        }
    }

    @Test(arguments: ["", "lora: {rank: 2, targets: [to_k, to_q]}"])
    func aModelFromAFolderTrainsAsTheNewOne(more: String) throws {
        try withData { runs, data in
            let model = runs.path("model")
            try write(recipe(runs, data), to: model)
            let fresh = try RunSupport.withSession(recipe(runs, data, more: more)) { try RunSupport.records($0) }
            let path = try recipe(runs, data, model: "model: {path: \(model)}", more: more)
            try RunSupport.withSession(path) { session in
                #expect(try RunSupport.records(session) == fresh)
                let digests = Set(session.inputs.digests.keys)
                #expect(
                    digests.isSuperset(of: ["model/text_encoder_2", "model/text_encoder_2/config", "model/tokenizer_2"])
                )
                let out = runs.path("out")
                try session.model.pipeline.write(to: out)
                let read = try Pipeline(.latentDiffusion, folder: out).digests()
                #expect(read["text_encoder_2"] == session.inputs.digests["model/text_encoder_2"])
                #expect(read["unet"] != session.inputs.digests["model/unet"])
            }
        }
    }

    /// Every part of the condition reaches the prediction: hidden states of both encoders, pooled text, each size.
    @Test func everyPartOfTheConditionCounts() throws {
        try withData { runs, data in
            try RunSupport.withSession(recipe(runs, data)) { session in
                let model = try #require(session.model.diffusionModel)
                let engine = session.trainer.model.engine
                let batch = try session.batches.batch(1)
                guard case .encoded(let states) = batch.conditioning, let pooled = states.pooled else {
                    throw RunSupport.Unfinished()
                }
                let denoiser = Denoiser(
                    unet: model.unet, schedule: NoiseSchedule(model.scheduler), engine: engine)
                func output(_ states: TextStates, _ sizes: [SizeCondition]) -> [Float] {
                    denoiser.output(
                        batch.x0.slice(0..<2), labels: [500, 500], model.condition(states, sizes: sizes)
                    ).floats
                }
                let sizes = Array(batch.sizes[..<2])
                let plain = output(states, sizes)
                #expect(plain == output(states, sizes))
                for place in 0..<6 {
                    var numbers = sizes[1].numbers
                    numbers[place] += 64
                    let other = output(states, [sizes[0], try #require(SizeCondition(numbers))])
                    // The first sample is told what it was told before.
                    #expect(other.prefix(1024) == plain.prefix(1024) && other != plain, "\(place)")
                }
                func raised(_ x: Tensor, _ place: Int) -> Tensor {
                    var values = x.floats
                    values[place] += 1
                    return Tensor(values, shape: x.shape)
                }
                for width in [0, 19] {
                    let other = TextStates(context: raised(states.context, width), pooled: pooled)
                    #expect(output(other, sizes) != plain)
                }
                #expect(output(TextStates(context: states.context, pooled: raised(pooled, 9)), sizes) != plain)
            }
        }
    }

    @Test func weightsOfAVariantAreTheSameModel() throws {
        try withData { runs, data in
            let (plain, halves) = (runs.path("plain"), runs.path("halves"))
            for folder in [plain, halves] { try write(recipe(runs, data), to: folder, .f16) }
            for (part, stem) in [
                ("unet", "diffusion_pytorch_model"), ("text_encoder", "model"), ("text_encoder_2", "model"),
            ] {
                try FileManager.default.moveItem(
                    atPath: "\(halves)/\(part)/\(stem).safetensors",
                    toPath: "\(halves)/\(part)/\(stem).fp16.safetensors")
            }
            func session<Result>(_ model: String, _ body: (TrainingSession) throws -> Result) throws -> Result {
                try RunSupport.withSession(recipe(runs, data, model: "model: {\(model)}")) { try body($0) }
            }
            let expected = try session("path: \(plain)") { ($0.inputs.digests, try RunSupport.records($0)) }
            try session("path: \(halves), variant: fp16") { (opened: TrainingSession) throws -> Void in
                #expect(opened.inputs.digests == expected.0)
                #expect(try RunSupport.records(opened) == expected.1)
                #expect(opened.recipe.json.canonical.contains(#""variant":"fp16""#))
            }
            for (model, words) in [
                ("path: \(halves)", "model.variant: fp16"),
                ("path: \(plain), variant: fp16", "leave model.variant out"),
                ("path: \(halves), variant: bf16", "model.variant: fp16"),
            ] {
                let error = try #require(throws: CheckpointError.self) { try session(model) { _ in } }
                #expect(error.kind == .layout && error.description.contains(words), "\(error)")
            }
            // The plan of memory reads the same files.
            let planned = try MemoryPlan(
                Recipe.read(path: recipe(runs, data, model: "model: {path: \(halves), variant: fp16}")), workers: 1)
            #expect(planned.rows.contains { $0.name == "policy weights (read from F16)" })
        }
    }

    /// A UNet in shards, plain and of a variant, is the one in a file.
    @Test(arguments: [nil, "fp16"] as [String?]) func aShardedNetworkIsTheSameModel(variant: String?) throws {
        try withData { runs, data in
            let model = runs.path("model")
            try write(recipe(runs, data), to: model)
            func records(_ keys: String) throws -> ([String: Digest], [StepRecord]) {
                try RunSupport.withSession(recipe(runs, data, model: "model: {path: \(model)\(keys)}")) {
                    ($0.inputs.digests, try RunSupport.records($0))
                }
            }
            let whole = try records("")
            let stem = "\(model)/unet/diffusion_pytorch_model" + (variant.map { "." + $0 } ?? "")
            let file = "\(model)/unet/diffusion_pytorch_model.safetensors"
            let source = try Checkpoint(safetensors: file)
            let names = source.names.enumerated().map { (shard: $0.offset % 2 + 1, name: $0.element) }
            for shard in 1...2 {
                try Safetensors.write(
                    tensors: names.filter { $0.shard == shard }.map { ($0.name, try source.float32(named: $0.name)) },
                    to: "\(stem)-0000\(shard)-of-00002.safetensors")
            }
            let base = String(stem.dropFirst("\(model)/unet/".count))
            let map = names.map { "\"\($0.name)\": \"\(base)-0000\($0.shard)-of-00002.safetensors\"" }
            try AtomicFile.write(
                "{\"metadata\": {}, \"weight_map\": {\(map.joined(separator: ", "))}}",
                to: "\(stem).safetensors.index.json")
            try FileContents.remove([file])
            let sharded = try records(variant.map { ", variant: \($0)" } ?? "")
            #expect(sharded.0 == whole.0)
            #expect(sharded.1 == whole.1)
        }
    }

    @Test func aTextEncoderIsNotTrained() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: sft", training: ", train_text_encoder: true", model: runs.sdxl())
            let error = try #require(throws: TrainingError.self) { try RunSupport.withSession(recipe) { _ in } }
            #expect("\(error)".contains("training.train_text_encoder"), "\(error)")
            #expect(throws: TrainingError.self) { try MemoryPlan(Recipe.read(path: recipe), workers: 1) }
        }
    }

    @Test func halfOfASecondEncoderIsRefused() throws {
        try RunSupport.withRuns { runs in
            for line in ["tokenizer_2: shapes", "text_encoder_2: \(runs.path("text_encoder_2.json"))"] {
                let model = runs.sdxl().replacingOccurrences(of: "  \(line)\n", with: "")
                let recipe = try runs.recipe("name: sft", model: model)
                let error = try #require(throws: SettingsError.self) { try Recipe.read(path: recipe) }
                #expect("\(error)".contains("give both of text_encoder_2, tokenizer_2"), "\(error)")
            }
            let scorer = try runs.recipe("name: sft", model: "model: {path: m, text_encoder_2: t}")
            #expect(throws: SettingsError.self) { try Recipe.read(path: scorer) }
        }
    }

    /// Captions are encoded a few at a time, by both encoders, and a longer one is cut by either.
    @Test func captionsDoNotSeeEachOther() throws {
        try withData { runs, data in
            let path = runs.path("model")
            try write(recipe(runs, data), to: path)
            let engine = Engine(workers: 2)
            defer { engine.stop() }
            let model = try DiffusionModel(path: path)
            let captions = (0..<19).map { "a circle \($0)" }
            let together = model.encode(captions, engine: engine)
            for (row, caption) in captions.enumerated() {
                let alone = model.encode([caption], engine: engine)
                #expect(alone.context.floats == together.context.slice(row..<row + 1).floats)
                #expect(alone.pooled?.floats == together.pooled?.slice(row..<row + 1).floats)
            }
        }
    }
}
