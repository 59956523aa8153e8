import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// How many tokens a caption has where tokenizer and network say different numbers.
@Suite struct CaptionLengthTests {
    /// The folder of a tiny tokenizer; `length` is its `model_max_length`, nil for none.
    private func tokenizer(_ length: Int?) throws -> CaptionTokenizer {
        let files = try PipelineTests.tokenizer().files
        var all = files.files.filter { $0.name != "tokenizer_config.json" }
        if let length { all.append(("tokenizer_config.json", Array("{\"model_max_length\": \(length)}".utf8))) }
        return try CaptionTokenizer(TokenizerFiles(all))
    }

    private func encoder(_ length: Int?, positions: Int = 12) throws -> TextEncoder {
        let config = try CLIPTextConfig(
            [
                "architectures": ["CLIPTextModel"], "hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2,
                "num_hidden_layers": 2, "max_position_embeddings": .integer(positions), "vocab_size": 600,
                "hidden_act": "quick_gelu", "eos_token_id": 2,
            ], file: "config.json")
        return TextEncoder(
            network: try CLIPTextModel(config: config, loader: ParameterLoader(seed: 3)),
            tokenizer: try tokenizer(length))
    }

    /// As transformers pads: to what the tokenizer states; a "very large" number is none.
    @Test func theTokenizersLengthCounts() throws {
        let long = String(repeating: "a b ", count: 20)
        for (stated, expected) in [(nil, 12), (7, 7), (12, 12), (77, 12), (1_000_000_000_000, 12)] as [(Int?, Int)] {
            let encoder = try encoder(stated)
            #expect(encoder.length == expected, "\(stated ?? 0)")
            for caption in ["", "a", long] {
                let ids = encoder.tokenIDs(caption)
                let own = encoder.tokenizer.vocabulary
                #expect(ids.count == expected && ids[0] == own.beginID && ids.contains(own.endID))
            }
            #expect(encoder.cuts(long) && !encoder.cuts("a"))
        }
        // Five letters fit into seven ids, six do not.
        let short = try encoder(7)
        #expect(!short.cuts("a b c d e") && short.cuts("a b c d e f"))
        #expect(try !encoder(nil).cuts("a b c d e f"))
    }

    /// A causal encoder gives the tokens that both have the same states: the shorter ones are a part of the longer.
    @Test func shorterStatesAreThoseOfTheLonger() throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let (short, whole) = (
            TextStates(of: ["a b"], by: [try encoder(7)], on: engine),
            TextStates(of: ["a b"], by: [try encoder(nil)], on: engine)
        )
        #expect(short.context.shape == [1, 7, 8] && whole.context.shape == [1, 12, 8])
        #expect(short.context.floats == Array(whole.context.floats.prefix(7 * 8)))
    }

    /// The states of two encoders lie side by side, so that both have as many tokens.
    @Test func twoEncodersNeedOneLength() throws {
        func model(_ first: Int?, _ second: Int?) throws -> DiffusionModel {
            let pipeline = try SDXLTests.model()
            let parts = Dictionary(uniqueKeysWithValues: pipeline.parts.map { ($0.kind.name, $0.component) })
            return try DiffusionModel(
                Pipeline(
                    .diffusion,
                    parts.merging(["tokenizer": tokenizer(first), "tokenizer_2": tokenizer(second)]) { $1 }))
        }
        #expect(try model(nil, nil).textEncoders.map(\.length) == [12, 12])
        #expect(try model(9, 9).textEncoders.map(\.length) == [9, 9])
        #expect(try model(nil, 12).textEncoders.map(\.length) == [12, 12])
        let error = try #require(throws: ConfigError.self) { try model(9, nil) }
        #expect(error.file == "tokenizer_2" && error.key == "model_max_length", "\(error)")
        #expect(error.expected == "9" && error.found == "12", "\(error)")
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        #expect(try model(9, 9).withoutCaption(count: 2, engine: engine).context.shape == [2, 9, 20])
    }
}
