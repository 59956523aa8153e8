import Core
import Foundation
import SeededRandom
import Testing

@testable import Diffusion

/// Damaged files of a tokenizer either give one that encodes captions, or a typed error.
///
/// `SMPO_FUZZ=400000 swift test -c release --filter TokenizerMutationTests` tries so many inputs.
struct TokenizerMutationTests {
    static let count = ProcessInfo.processInfo.environment["SMPO_FUZZ"].flatMap { Int($0) } ?? 2_000

    /// A small tokenizer in one file, with what transformers says of it around the vocabulary.
    private static func files() throws -> [TokenizerFiles.File] {
        let saved = try JSONValue.read(TokenizerTests.folder + "/saved/tokenizer.json")
        guard case .object(var root) = saved, case .object(var model)? = root["model"] else { return [] }
        model["vocab"] = try JSONValue.parse(Array(TokenizerTests.small.utf8), file: "small")
        model["merges"] = [["a", "b</w>"]]
        root["model"] = .object(model)
        root["added_tokens"] = [["id": 7, "content": "<x>", "normalized": true, "special": false]]
        root["post_processor"] = [
            "type": "RobertaProcessing", "cls": ["<|startoftext|>", 5], "sep": ["<|endoftext|>", 6],
            "trim_offsets": false, "add_prefix_space": false,
        ]
        let map: JSONValue = ["pad_token": ["content": "a", "lstrip": true, "single_word": true]]
        let config: JSONValue = ["model_max_length": 9, "additional_special_tokens": ["<y>"], "pad_token": "b"]
        return [
            ("added_tokens.json", Array(#"{"<z>": 8}"#.utf8)), ("merges.txt", Array("#version: 0.2\na b</w>\n".utf8)),
            ("special_tokens_map.json", map.canonicalBytes), ("tokenizer.json", JSONValue.object(root).canonicalBytes),
            ("tokenizer_config.json", config.canonicalBytes), ("vocab.json", Array(TokenizerTests.small.utf8)),
        ]
    }

    @Test func damagedFilesOpenOrAreRefused() throws {
        let originals = try Self.files()
        #expect(try CLIPTokenizer(TokenizerFiles(originals)).tokenIDs("ab <x> a <y>") == [4, 7, 0, 9])
        let words = [
            "null", "true", "[]", "{}", "-1", "0", "18446744073709551615", "1e999", "\"\"", "\" \"", "\"a\"",
            "\"<|endoftext|>\"", "\"content\"", "{\"content\":\"\"}", "\\ud800", "9",
        ].map { Array($0.utf8) }
        var random = SplitMix(state: 77)
        var outcomes: [String: Int] = [:]
        for round in 0..<Self.count {
            var files = originals.filter { _ in Int.random(in: 0..<6, using: &random) > 0 }
            guard let place = files.indices.randomElement(using: &random) else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let bytes = files[place].bytes
                guard !bytes.isEmpty else { break }
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 0...8, using: &random))
                let word = words.randomElement(using: &random) ?? []
                let other = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: 1)
                files[place].bytes.replaceSubrange(start..<end, with: Bool.random(using: &random) ? word : other)
            }
            do {
                let tokenizer = try CLIPTokenizer(TokenizerFiles(files))
                let ids = tokenizer.encode("A b <X>\u{301} <y> ab !", length: 12).ids
                #expect(ids.count == 12 && ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) }, "\(round)")
                outcomes["opened", default: 0] += 1
            } catch let error as CLIPTokenizerError {
                outcomes["tokenizer", default: 0] += error.description.utf8.count < 100_000 ? 1 : 0
            } catch is JSONShapeError {
                outcomes["shape", default: 0] += 1
            } catch is JSONSyntaxError {
                outcomes["syntax", default: 0] += 1
            } catch {
                Issue.record("round \(round): \(error)")
            }
        }
        #expect(outcomes.count == 4 && outcomes.values.allSatisfy { $0 > 20 }, "\(outcomes)")
    }
}
