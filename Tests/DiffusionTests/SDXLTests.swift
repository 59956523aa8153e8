import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// Models with two text encoders.
@Suite struct SDXLTests {
    /// Tiny configurations of SDXL's structure; `changes` are other values of keys, by `component.key`.
    static func model(
        _ changes: [String: JSONValue] = [:], without missing: [String] = [], on engine: Engine? = nil
    ) throws -> Pipeline {
        let unet: JSONObject = [
            "in_channels": 4, "out_channels": 4, "block_out_channels": [8, 16],
            "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
            "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"], "layers_per_block": 1,
            "attention_head_dim": [1, 2], "transformer_layers_per_block": [1, 2], "use_linear_projection": true,
            "cross_attention_dim": 20, "addition_embed_type": "text_time", "addition_time_embed_dim": 4,
            "projection_class_embeddings_input_dim": 34, "norm_num_groups": 4,
        ]
        func encoder(_ architecture: String, _ width: Int, layers: Int, activation: String) -> JSONObject {
            [
                "architectures": [.string(architecture)], "hidden_size": .integer(width), "intermediate_size": 24,
                "num_attention_heads": 2, "num_hidden_layers": .integer(layers), "max_position_embeddings": 12,
                "vocab_size": 514, "hidden_act": .string(activation), "eos_token_id": 2, "projection_dim": 10,
            ]
        }
        let parts = [
            "unet": unet, "text_encoder": encoder("CLIPTextModel", 8, layers: 3, activation: "quick_gelu"),
            "text_encoder_2": encoder("CLIPTextModelWithProjection", 12, layers: 4, activation: "gelu"),
        ].filter { !missing.contains($0.key) }
        let folder = NSTemporaryDirectory() + "sdxl-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder(folder)
        var configurations = ["scheduler": PipelineTests.configuration("sdxl/scheduler.json")]
        for (name, object) in parts {
            let changed = changes.filter { $0.key.hasPrefix(name + ".") }.reduce(object) {
                ConfigSupport.changed($0, String($1.key.dropFirst(name.count + 1)), $1.value)
            }
            configurations[name] = "\(folder)/\(name).json"
            try AtomicFile.write(JSONValue.object(changed).pretty, to: "\(folder)/\(name).json")
        }
        let tokenizers = try ["tokenizer", "tokenizer_2"].filter { !missing.contains($0) }.map {
            ($0, try PipelineTests.tokenizer())
        }
        return try Pipeline(
            .diffusion, configurations: configurations, given: Dictionary(uniqueKeysWithValues: tokenizers),
            weights: engine.map { .numbers($0) } ?? .shapes(ShapeDevice()), seed: 5)
    }

    /// The published numbers of Stable Diffusion XL, and of bigG with its projection.
    @Test func stableDiffusionXLHasItsParameters() throws {
        let names = ["unet", "text_encoder", "text_encoder_2", "scheduler"]
        let paths = names.map { ($0, PipelineTests.configuration("sdxl/\($0).json")) }
        let model = try Pipeline(
            .diffusion, configurations: Dictionary(uniqueKeysWithValues: paths),
            given: ["tokenizer": PipelineTests.tokenizer(), "tokenizer_2": PipelineTests.tokenizer()],
            weights: .shapes(ShapeDevice()), seed: 1)
        #expect(model.parameterCounts.map(\.name) == ["unet", "text_encoder", "text_encoder_2"])
        #expect(model.parameterCounts.map(\.count) == [2_567_463_684, 123_060_480, 694_659_840])
        let unet: UNet2DConditionModel = try model.require("unet")
        // Ten layers in the deepest transformers, and linear projections.
        let names10 = unet.requests.filter { $0.name.contains("mid_block.attentions.0.transformer_blocks.9.") }
        #expect(!names10.isEmpty && !unet.requests.contains { $0.name.contains("transformer_blocks.10.") })
        let projection = try #require(unet.requests.first { $0.name == "mid_block.attentions.0.proj_in.weight" })
        #expect(projection.shape == [1280, 1280])
    }

    /// Both encoders' states before the last layer side by side, the first encoder's first, and the second's projection.
    @Test func statesOfBothEncodersLieSideBySide() throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let model = try DiffusionModel(Self.model(on: engine))
        let captions = ["a red cup", "", "!!! a very long caption that is cut"] + (0..<8).map { "number \($0)" }
        let states = model.encode(captions, engine: engine)
        #expect(states.context.shape == [11, 12, 20] && states.pooled?.shape == [11, 10])
        for (row, caption) in captions.enumerated() {
            let tape = Tape(engine: engine, isRecording: false)
            let outputs = model.textEncoders.map { $0.network.forward(tape, ids: [$0.tokenIDs(caption)]) }
            let first: [Float] = outputs[0].hidden[2].value.floats
            let second: [Float] = outputs[1].hidden[3].value.floats
            var expected: [Float] = []
            for token in 0..<12 {
                expected += first[token * 8..<token * 8 + 8]
                expected += second[token * 12..<token * 12 + 12]
            }
            #expect(states.context.slice(row..<row + 1).floats == expected)
            #expect(states.pooled?.slice(row..<row + 1).floats == outputs[1].projected?.value.floats)
        }
        let picked = states.picked([2, 0, 2], engine: engine)
        #expect(picked.pooled?.slice(0..<1).floats == states.pooled?.slice(2..<3).floats && picked.count == 3)
        let without = model.withoutCaption(count: 2, engine: engine)
        #expect(without.context.shape == [2, 12, 20] && without.context.floats.allSatisfy { $0 == 0 })
        #expect(without.pooled?.shape == [2, 10] && without.pooled?.floats.allSatisfy { $0 == 0 } == true)
        let size = SizeCondition(
            originalHeight: 700, originalWidth: 500, top: 3, left: 9, targetHeight: 64, targetWidth: 32)
        let condition = model.condition(picked, sizes: [size, SizeCondition(square: 64), size])
        #expect(
            condition.added?.timeIDs.floats == [700, 500, 3, 9, 64, 32, 64, 64, 0, 0, 64, 64, 700, 500, 3, 9, 64, 32])
    }

    /// What a written folder gives is the model in memory; its parts have digests of their own.
    @Test func theWrittenFolderHoldsTheModelInMemory() throws {
        let folder = NSTemporaryDirectory() + "sdxl-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let memory = try Self.model(on: engine)
        let digests = try memory.digests()
        #expect(
            digests.keys.sorted() == [
                "scheduler", "text_encoder", "text_encoder/config", "text_encoder_2", "text_encoder_2/config",
                "tokenizer", "tokenizer_2", "unet", "unet/config",
            ])
        #expect(digests["text_encoder"] != digests["text_encoder_2"])
        let written = try Self.model().write(drawing: 5, to: folder, on: engine)
        #expect(written.map(\.name) == ["unet", "text_encoder", "text_encoder_2"])
        #expect(try Pipeline(.diffusion, folder: folder).digests() == digests)
        // As diffusers writes an index for it, and without its second half.
        let index = #"""
            {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.19.0.dev0",
             "force_zeros_for_empty_prompt": true, "add_watermarker": null, "feature_extractor": [null, null],
             "image_encoder": [null, null], "scheduler": ["diffusers", "EulerDiscreteScheduler"],
             "text_encoder": ["transformers", "CLIPTextModel"],
             "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
             "tokenizer": ["transformers", "CLIPTokenizer"], "tokenizer_2": ["transformers", "CLIPTokenizer"],
             "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}
            """#
        try AtomicFile.write(index, to: "\(folder)/model_index.json")
        #expect(try Pipeline(.latentDiffusion, folder: folder).digests() == digests)
        try FileManager.default.removeItem(atPath: "\(folder)/text_encoder_2")
        let torn = try #require(throws: CheckpointError.self) { try Pipeline(.latentDiffusion, folder: folder) }
        #expect(torn.description.contains("text_encoder_2 is named, but not there"), "\(torn)")
        try FileContents.remove(["\(folder)/model_index.json"])
        let lone = try #require(throws: ConfigError.self) { try Pipeline(.latentDiffusion, folder: folder) }
        #expect(lone.description.contains("text_encoder_2"), "\(lone)")
    }

    @Test(
        arguments: [
            ("unet.addition_embed_type", .null, "no use for a second text encoder"),
            ("text_encoder_2.architectures", ["CLIPTextModel"], "has no projection"),
            ("text_encoder_2.projection_dim", 12, "expected 10"), ("text_encoder_2.hidden_size", 14, "8 + 14"),
            ("unet.cross_attention_dim", 8, "cross_attention_dim 8"),
            ("text_encoder_2.max_position_embeddings", 16, "is not that of the first"),
            ("text_encoder_2.vocab_size", 500, "tokenizer's vocabulary"),
        ] as [(String, JSONValue, String)])
    func partsThatDoNotFitAreRefused(key: String, value: JSONValue, words: String) throws {
        let error = try #require(throws: ConfigError.self) { try Self.model([key: value]) }
        #expect(error.description.contains(words), "\(error)")
    }

    @Test(arguments: [
        (["text_encoder_2"], "text_encoder_2"), (["tokenizer_2"], "tokenizer_2"),
        (["text_encoder_2", "tokenizer_2"], "text_time"),
    ]) func halfOfASecondEncoderIsRefused(missing: [String], words: String) throws {
        let error = try #require(throws: ConfigError.self) { try Self.model(without: missing) }
        #expect(error.description.contains(words), "\(error)")
    }
}
