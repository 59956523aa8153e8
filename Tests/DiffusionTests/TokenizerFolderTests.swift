import Checkpoints
import Core
import Foundation
import Testing

@testable import Diffusion

/// What the files of a tokenizer's folder say, against transformers (`Fixtures/tokenizer/folders.py`).
struct TokenizerFolderTests {
    static let fixtures = TokenizerTests.folder

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func fixture(_ name: String) throws -> [UInt8] { try FileContents.read("\(fixtures)/\(name)") }

    /// The fixture's vocabulary with other files beside it.
    private static func files(_ more: [TokenizerFiles.File]) throws -> TokenizerFiles {
        TokenizerFiles(try ["vocab.json", "merges.txt"].map { ($0, try fixture($0)) } + more)
    }

    /// `saved/tokenizer.json` with a change at a place of it, and nothing else.
    private static func document(_ path: [String], _ value: JSONValue?) throws -> TokenizerFiles {
        func changed(_ node: JSONValue, _ path: ArraySlice<String>) -> JSONValue? {
            guard let key = path.first else { return value }
            if case .array(var list) = node, let index = Int(key) {
                list[index] = changed(list[index], path.dropFirst()) ?? .null
                return .array(list)
            }
            guard case .object(var object) = node else { return node }
            object[key] = changed(object[key] ?? .object(JSONObject()), path.dropFirst())
            return .object(object)
        }
        let root = try JSONValue.parse(fixture("saved/tokenizer.json"), file: "tokenizer.json")
        return TokenizerFiles([("tokenizer.json", bytes(changed(root, path[...])!.canonical))])
    }

    @Test func everyFolderAsTransformers() throws {
        let root = JSONCursor(try JSONValue.read("\(Self.fixtures)/folders.json"), name: "folders")
        var count = 0
        for folder in try root.elements() {
            let name = try folder["name"].string()
            var more = try folder["files"].members().map { ($0.key, Self.bytes($0.value.value!.canonical)) }
            if name == "saved" {
                more = try ["tokenizer.json", "tokenizer_config.json"].map { ($0, try Self.fixture("saved/\($0)")) }
            }
            let tokenizer = try CLIPTokenizer(
                name == "saved" ? TokenizerFiles(more) : Self.files(more.map { (name: $0.0, bytes: $0.1) }))
            #expect(try tokenizer.padID == folder["pad"].int(), "\(name)")
            for row in try folder["captions"].elements() {
                let text = try row[0].string()
                let ids = try row[1].elements().map { try $0.int() }
                let scalars = text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
                #expect(tokenizer.tokenIDs(text) == ids, "\(name): \(text) [\(scalars)]")
                count += 1
            }
        }
        #expect(count > 1500)
    }

    /// A repository that was cloned without its large files.
    @Test func aGitLFSPointerIsNamed() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tokenizer-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder(folder)
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
        try AtomicFile.write(pointer, to: folder + "/tokenizer.json")
        let error = try #require(throws: CheckpointError.self) { _ = try TokenizerFiles(folder: folder) }
        #expect(
            error.problem == "a Git LFS pointer, no JSON and no vocabulary" && error.file.hasSuffix("/tokenizer.json"))
    }

    /// The whole caption fixture with a `tokenizer.json` in place of the two files, merges in either form.
    @Test func aTokenizerInOneFileGivesTheSameIDs() throws {
        let merges = try CLIPTokenizerMergeList(text: Self.fixture("merges.txt"), file: "merges.txt").entries
        let forms: [JSONValue] = [
            .array(merges.map { [.string($0.left), .string($0.right)] }),
            .array(merges.map { .string("\($0.left) \($0.right)") }),
        ]
        let plain = try TokenizerTests.tokenizer()
        for form in forms {
            let tokenizer = try CLIPTokenizer(Self.document(["model", "merges"], form))
            #expect(tokenizer.merges.count == plain.merges.count && tokenizer.merges.count > 100)
            #expect(tokenizer.beginID == plain.beginID && tokenizer.endID == plain.endID)
            for text in ["A photo of a CAT", "it's 2019, café — 日本", "supercalifragilistic"] {
                #expect(tokenizer.tokenIDs(text) == plain.tokenIDs(text))
            }
        }
    }

    @Test func bothFormsOfTheVocabularyMustAgree() throws {
        let document = ("tokenizer.json", try Self.fixture("saved/tokenizer.json"))
        #expect(try CLIPTokenizer(Self.files([document])).padID == 708)
        for (name, from, to) in [
            ("vocab.json", "\"photo</w>\":522", "\"photos</w>\":522"), ("merges.txt", "o f</w>", "f o</w>"),
        ] {
            var files = try Self.files([document]).files
            let index = try #require(files.firstIndex { $0.name == name })
            let text = String(decoding: files[index].bytes, as: UTF8.self)
            try #require(text.contains(from))
            files[index].bytes = Self.bytes(text.replacingOccurrences(of: from, with: to))
            let error = try #require(throws: CLIPTokenizerError.self) { try CLIPTokenizer(TokenizerFiles(files)) }
            #expect(error.file == "tokenizer/\(name)" && "\(error)".contains("tokenizer.json"), "\(error)")
        }
        // One of the two beside the document is held against it too.
        let lone = TokenizerFiles([document, ("merges.txt", Self.bytes("a b</w>\n"))])
        #expect(throws: CLIPTokenizerError.self) { try CLIPTokenizer(lone) }
    }

    @Test func settingsThatAreNotCLIPsAreRefusedByName() throws {
        let cases: [(path: [String], value: JSONValue, place: String)] = [
            (["normalizer"], ["type": "NFKC"], "tokenizer.normalizer"),
            (["normalizer", "normalizers", "2"], ["type": "StripAccents"], "tokenizer.normalizer"),
            (["pre_tokenizer", "pretokenizers", "0", "behavior"], "Isolated", "pretokenizers[0]"),
            (["pre_tokenizer", "pretokenizers", "1", "add_prefix_space"], true, "add_prefix_space"),
            (["pre_tokenizer", "type"], "Whitespace", "pre_tokenizer.type"),
            (["post_processor", "cls"], ["<|endoftext|>", 708], "post_processor.cls"),
            (["post_processor", "type"], "BertProcessing", "post_processor.type"),
            (["model", "type"], "WordPiece", "model.type"), (["model", "dropout"], ["x": 1], "model.dropout"),
            (["model", "end_of_word_suffix"], "", "end_of_word_suffix"), (["model", "fuse_unk"], true, "fuse_unk"),
            (["model", "byte_fallback"], true, "byte_fallback"), (["model", "unk_token"], .null, "unk_token"),
            (["model", "ignore_merges"], true, "ignore_merges"), (["model", "novelty"], 1, "novelty"),
            (["truncation", "direction"], "Left", "truncation.direction"),
            (["padding", "direction"], "Left", "padding.direction"), (["novelty"], .null, "novelty"),
            (["version"], "2.0", "version"), (["added_tokens", "0", "novelty"], true, "novelty"),
            (["model", "merges", "3"], "one two three", "merges[3]"), (["model", "merges", "3"], ["a"], "merges[3]"),
        ]
        for (path, value, place) in cases {
            let error = try #require(throws: JSONShapeError.self, "\(path)") {
                try CLIPTokenizer(Self.document(path, value))
            }
            #expect("\(error)".contains(place) && "\(error)".contains("tokenizer.json"), "\(error)")
        }
        // What transformers before 5 wrote, and the template form, are the same.
        let single: JSONValue = [
            "type": "TemplateProcessing",
            "single": [
                ["SpecialToken": ["id": "<|startoftext|>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
                ["SpecialToken": ["id": "<|endoftext|>", "type_id": 0]],
            ],
            "pair": [],
            "special_tokens": [
                "<|startoftext|>": ["id": "<|startoftext|>", "ids": [707], "tokens": ["<|startoftext|>"]],
                "<|endoftext|>": ["id": "<|endoftext|>", "ids": [708], "tokens": ["<|endoftext|>"]],
            ],
        ]
        #expect(try CLIPTokenizer(Self.document(["post_processor"], single)).endID == 708)
        let cuts: JSONValue = ["Regex": #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#]
        let old = try Self.document(["pre_tokenizer", "pretokenizers", "0", "pattern"], cuts)
        #expect(try CLIPTokenizer(old).endID == 708)
    }

    @Test func configurationsThatPadOrCutAnotherWayAreRefused() throws {
        let cases = [
            (#"{"padding_side":"left"}"#, "padding_side"), (#"{"truncation_side":"left"}"#, "truncation_side"),
            (#"{"split_special_tokens":true}"#, "split_special_tokens"), (#"{"do_lower_case":false}"#, "do_lower_case"),
            (#"{"tokenizer_class":"GPT2Tokenizer"}"#, "tokenizer_class"), (#"{"pad_token":null}"#, "pad_token"),
            (#"{"pad_token":""}"#, "pad_token"),
            (#"{"bos_token":"<s>"}"#, "bos_token"), (#"{"unk_token":"<unk>"}"#, "unk_token"),
            (#"{"additional_special_tokens":[" <x>"]}"#, "white space"), (#"{"image_token":"<i>"}"#, "image_token"),
            (#"{"added_tokens_decoder":{"900":{"content":"<x>"}}}"#, "<x>"),
            (#"{"added_tokens_decoder":{"709":{"content":"<x>","strip":true}}}"#, "strip"),
            (#"{"added_tokens_decoder":{"x":{"content":"<x>"}}}"#, "added_tokens_decoder"),
        ]
        for (text, word) in cases {
            let files = try Self.files([("tokenizer_config.json", Self.bytes(text))])
            let error = #expect(throws: (any Error).self, "\(text)") { try CLIPTokenizer(files) }
            #expect(error.map { "\($0)" }?.contains(word) == true, "\(text): \(error.map { "\($0)" } ?? "nothing")")
        }
        let twins = try Self.files([("added_tokens.json", Self.bytes(#"{"<Cat>":709,"<cat>":710}"#))])
        #expect(throws: CLIPTokenizerError.self) { try CLIPTokenizer(twins) }
        let moved = try Self.files([("added_tokens.json", Self.bytes(#"{"<cat>":714}"#))])
        let error = try #require(throws: CLIPTokenizerError.self) { try CLIPTokenizer(moved) }
        #expect(error.file == "tokenizer/added_tokens.json" && error.found == "714", "\(error)")
    }

    @Test func addedTokensNeedRowsOfTheEmbedding() throws {
        let tokenizer = try CaptionTokenizer(Self.files([("added_tokens.json", Self.bytes(#"{"<cat>":709}"#))]))
        #expect(tokenizer.vocabulary.vocabularySize == 710)
        func check(rows: Int) throws {
            let (unet, text) = (
                try UNetConfig(["cross_attention_dim": 8]),
                try CLIPTextConfig(["vocab_size": .integer(rows), "hidden_size": 8, "num_attention_heads": 2])
            )
            _ = try Pipeline(
                .diffusion,
                [
                    "unet": UNet2DConditionModel(config: unet, loader: ParameterLoader()),
                    "text_encoder": CLIPTextModel(config: text, loader: ParameterLoader()),
                    "tokenizer": tokenizer, "scheduler": SchedulerConfig([:]),
                ])
        }
        try check(rows: 710)
        let error = try #require(throws: ConfigError.self) { try check(rows: 709) }
        #expect("\(error)".contains("at least 710"))
    }

    @Test func everyFileHasADigestAndIsWrittenAgain() throws {
        let plain = try Self.files([])
        let old = Digest.of(.tokenizer, try ["merges.txt", "vocab.json"].map { .of(.file, try Self.fixture($0)) })
        #expect(plain.digests("t") == ["t": old])
        let more = try Self.files([
            ("tokenizer_config.json", Self.bytes("{}")), ("added_tokens.json", Self.bytes("{ }")),
        ])
        #expect(more.digests("t").keys.sorted() == ["t", "t/added_tokens.json", "t/tokenizer_config.json"])
        #expect(more.digests("t")["t"] == old)
        let saved = TokenizerFiles([("tokenizer.json", try Self.fixture("saved/tokenizer.json"))])
        #expect(Array(saved.digests("t").keys) == ["t/tokenizer.json"])

        let name = "tokenizer-\(UUID().uuidString)"
        let folder = NSTemporaryDirectory() + name
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // What another tokenizer left behind would be read with these files.
        try AtomicFile.write("{}", to: folder + "/special_tokens_map.json")
        let writer = FolderWriter(NSTemporaryDirectory())
        try more.write(into: writer, name)
        #expect(writer.digests.keys.sorted() == more.files.map { "\(name)/\($0.name)" })
        #expect(try FileContents.names(in: folder) == more.files.map(\.name))
        #expect(try TokenizerFiles(folder: folder).digests("t") == more.digests("t"))

        try FileManager.default.createSymbolicLink(
            atPath: folder + "/special_tokens_map.json", withDestinationPath: "nowhere")
        #expect(throws: FileError.self) { try TokenizerFiles(folder: folder) }
    }
}
