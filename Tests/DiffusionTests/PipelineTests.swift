import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// New models: their numbers do not depend on how they are made, and a folder holds those of the model in memory.
@Suite struct PipelineTests {
    private static let manifests = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Manifests/models"
    ).standardized.path

    /// A new model of configurations; without an engine one without numbers.
    static func model(
        _ name: String, textEncoder: String? = nil, seed: UInt64 = 1, on engine: Engine? = nil
    ) throws -> Pipeline {
        try Pipeline(
            .diffusion,
            configurations: [
                "unet": "\(manifests)/\(name)/unet.json",
                "text_encoder": "\(manifests)/\(textEncoder ?? name)/text_encoder.json",
                "scheduler": "\(manifests)/\(name)/scheduler.json",
            ], given: ["tokenizer": tokenizer()], weights: engine.map { .numbers($0) } ?? .shapes(ShapeDevice()),
            seed: seed)
    }

    /// One of the single bytes.
    static func tokenizer() throws -> CaptionTokenizer {
        try CaptionTokenizer(
            TokenizerFiles([("merges.txt", Array("#version: 0.2\n".utf8)), ("vocab.json", Array(bytes.utf8))]))
    }

    /// A configuration of `Manifests/models`.
    static func configuration(_ name: String) -> String { "\(manifests)/\(name)" }

    /// A vocabulary of the single bytes.
    private static let bytes: String = {
        var symbols = Array(33...126) + Array(161...172) + Array(174...255)
        for byte in 0..<256 where !symbols.contains(byte) { symbols.append(256 + symbols.count - 188) }
        let texts = symbols.map { String(Unicode.Scalar(UInt32($0))!) }
        let tokens = texts + texts.map { $0 + "</w>" } + ["<|startoftext|>", "<|endoftext|>"]
        return "{" + tokens.enumerated().map { "\(JSONValue.string($1).canonical): \($0)" }.joined(separator: ", ")
            + "}"
    }()

    /// The published numbers of Stable Diffusion 1.5, of its UNet and of CLIP-L.
    @Test func stableDiffusion15HasItsParameters() throws {
        let model = try Self.model("sd15")
        let unet: UNet2DConditionModel = try model.require("unet")
        #expect(unet.requests.reduce(0) { $0 + $1.count } == 859_520_964)
        #expect(unet.requests.count == 686)
        let encoder: CLIPTextModel = try model.require("text_encoder")
        let text = encoder.requests
        #expect(text.reduce(0) { $0 + $1.count } == 123_060_480)
        #expect(text.count == 196)
        #expect(text[0].name == "text_model.embeddings.token_embedding.weight" && text[0].shape == [49408, 768])
        #expect(encoder.config.maxPositionEmbeddings == 77)
    }

    /// Spans, workers and instruction sets leave no trace: an element depends on its place alone.
    @Test func drawsDoNotDependOnTheWorkers() throws {
        let count = 600_001
        for fill in [Initialization.uniform(fanIn: 7), .normal(0.02), .constant(1)] {
            let request = ParameterRequest(name: "w", shape: [count], fill: fill, number: 5)
            let stream = RandomStream(seed: 3, .initialization, step: 5)
            let bound = Float(1 / Double(7).squareRoot())
            let plain: [Float] =
                switch fill {
                case .uniform: stream.uniforms(count: count).map { ($0 * 2 - 1) * bound }
                case .normal(let deviation): stream.normals(shape: [count]).floats.map { $0 * Float(deviation) }
                case .constant(let value): Array(repeating: value, count: count)
                }
            #expect(request.drawn(seed: 3).floats == plain)
            for workers in 1...3 {
                let engine = Engine(workers: workers)
                defer { engine.stop() }
                #expect(request.drawn(seed: 3, on: engine).floats == plain)
            }
            if fill != .constant(1) { #expect(request.drawn(seed: 4).floats != plain) }
        }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "fresh-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func bits(_ parameters: [Parameter]) -> [String: [UInt32]] {
        Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value.floats.map(\.bitPattern)) })
    }

    @Test func theWrittenFolderHoldsTheModelInMemory() throws {
        try withFolder { folder in
            let engine = Engine(workers: 2)
            defer { engine.stop() }
            let memory = try Self.model("shapes", seed: 7, on: engine)
            let written = try Self.model("shapes").write(drawing: 7, to: folder, on: engine)
            let read = try Pipeline(.diffusion, folder: folder)
            for (own, other) in zip(read.parts, memory.parts) {
                #expect(bits(own.component.parameters) == bits(other.component.parameters))
            }
            let digests = try memory.digests()
            #expect(try read.digests() == digests)
            #expect(
                digests.keys.sorted() == [
                    "scheduler", "text_encoder", "text_encoder/config", "tokenizer", "unet", "unet/config",
                ])
            #expect(written.map(\.name) == ["unet", "text_encoder"])
            #expect(written.map { $0.digest } == [digests["unet"], digests["text_encoder"]])
            #expect(written[0].parameters == 1_084_355)
            #expect(written.allSatisfy { $0.bytes == FileContents.size($0.file) })
            // The same bytes as the model's own way of writing itself.
            let first = try written.map { try FileContents.read($0.file) }
            try memory.write(to: folder + "/again")
            let again = ["unet/diffusion_pytorch_model", "text_encoder/model"].map {
                "\(folder)/again/\($0).safetensors"
            }
            #expect(try again.map { try FileContents.read($0) } == first)
        }
    }

    @Test func halvesAreTheRoundedNumbers() throws {
        try withFolder { folder in
            let engine = Engine(workers: 2)
            defer { engine.stop() }
            let memory = try DiffusionModel(Self.model("shapes", seed: 7, on: engine))
            let written = try Self.model("shapes").write(drawing: 7, to: folder, dtype: .f16, on: engine)
            let read = try DiffusionModel(path: folder)
            for (wide, narrow) in zip(memory.unet.parameters, read.unet.parameters) {
                #expect(wide.name == narrow.name)
                let rounded = wide.value.floats.map {
                    FloatConversion.float32Bits(f16: FloatConversion.float16Bits(f32: $0.bitPattern))
                }
                #expect(narrow.value.floats.map(\.bitPattern) == rounded)
            }
            #expect(try read.pipeline.digests()["unet"] == written[0].digest)
            #expect(try read.pipeline.digests()["unet"] != (try memory.pipeline.digests()["unet"]))
            let weights = try Checkpoint(weightsIn: folder + "/unet")
            #expect(weights.tensors.allSatisfy { $0.type.dtype == .f16 })
            let config = try ModelDirectory.readObject(folder + "/text_encoder/config.json")
            #expect(config["dtype"] == "float16")
        }
    }

    @Test func partsThatDoNotFitAreRefused() throws {
        let error = try #require(throws: ConfigError.self) { try Self.model("sd15", textEncoder: "shapes") }
        #expect(error.description.contains("hidden_size: 64") && error.description.contains("768"), "\(error)")
    }
}
