import Core
import Foundation
import Testing

@testable import Diffusion

/// Against transformers' CLIPTokenizer over a small vocabulary (`Fixtures/tokenizer/make.py`).
struct TokenizerTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/tokenizer").path

    static func tokenizer(padToken: String = "<|endoftext|>", maximumLength: Int = 77) throws -> CLIPTokenizer {
        try CLIPTokenizer(
            vocabulary: folder + "/vocab.json", merges: folder + "/merges.txt", padToken: padToken,
            maximumLength: maximumLength)
    }

    @Test func everyCaptionAsTransformers() throws {
        var count = 0
        let root = JSONCursor(try JSONValue.read(Self.folder + "/captions.json"), name: "captions")
        for set in try root.elements() {
            let length = try set["max_length"].int()
            let tokenizer = try Self.tokenizer(padToken: try set["pad_token"].string(), maximumLength: length)
            for row in try set["captions"].elements() {
                let text = try row["text"].string()
                let scalars = text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
                let ids = try row["ids"].elements().map { try $0.int() }
                #expect(tokenizer.tokenIDs(text) == ids, "\(text) [\(scalars)]")
                var padded = try row["padded"].elements().map { try $0.int() }
                padded += Array(repeating: tokenizer.padID, count: length - padded.count)
                let encoding = tokenizer.encode(text)
                #expect(encoding.ids == padded, "\(text) [\(scalars)]")
                #expect(encoding.isTruncated == (ids.count > length - 2))
                #expect(encoding.tokenCount == min(ids.count + 2, length))
                count += 1
            }
        }
        #expect(count > 700)
    }

    @Test func lengthsCanBeChosen() throws {
        let tokenizer = try Self.tokenizer()
        #expect(tokenizer.encode("a photo of a cat", length: 2).ids == [tokenizer.beginID, tokenizer.endID])
        #expect(
            tokenizer.encode("", length: 4).ids == [tokenizer.beginID] + Array(repeating: tokenizer.endID, count: 3))
        #expect(tokenizer.vocabularySize == tokenizer.endID + 1)
    }

    @Test func aFolderWithSettings() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "tokenizer-\(UUID().uuidString)").path
        try FileContents.makeFolder(folder)
        defer { try? files.removeItem(atPath: folder) }
        for name in ["vocab.json", "merges.txt"] {
            try files.copyItem(atPath: Self.folder + "/" + name, toPath: folder + "/" + name)
        }
        #expect(try CLIPTokenizer(folder: folder).maximumLength == 77)
        try AtomicFile.write(#"{"pad_token":"!","model_max_length":16}"#, to: folder + "/tokenizer_config.json")
        try AtomicFile.write(#"{"pad_token":{"content":"!"}}"#, to: folder + "/special_tokens_map.json")
        let tokenizer = try CLIPTokenizer(folder: folder)
        #expect(tokenizer.maximumLength == 16 && tokenizer.padID == 0)
        try AtomicFile.write(#"{"pad_token":"<|endoftext|>"}"#, to: folder + "/special_tokens_map.json")
        #expect(try CLIPTokenizer(folder: folder).padID == tokenizer.endID)
        #expect(throws: FileError.self) { try CLIPTokenizer(folder: folder + "/none") }
    }

    // MARK: Small vocabularies

    static let small = #"{"a":0,"b":1,"a</w>":2,"b</w>":3,"ab</w>":4,"<|startoftext|>":5,"<|endoftext|>":6}"#

    func make(_ vocabulary: String, _ merges: String, pad: String = "<|endoftext|>") throws -> CLIPTokenizer {
        try CLIPTokenizer(vocabulary: Array(vocabulary.utf8), merges: Array(merges.utf8), padToken: pad)
    }

    func fault(_ vocabulary: String, _ merges: String, pad: String = "<|endoftext|>") -> CLIPTokenizerError? {
        do { _ = try make(vocabulary, merges, pad: pad) } catch { return error as? CLIPTokenizerError }
        return nil
    }

    @Test func unknownBytesBecomeTheEndToken() throws {
        let tokenizer = try make(Self.small, "#version: 0.2\na b</w>\n")
        #expect(tokenizer.tokenIDs("ab c") == [4, 6])
        #expect(tokenizer.tokenIDs("aab") == [0, 4])
        #expect(tokenizer.tokenIDs("é") == [6, 6])
        #expect(tokenizer.beginID == 5 && tokenizer.endID == 6 && tokenizer.vocabularySize == 7)
    }

    @Test func theVersionLineIsOptionalAndLinesMayEndInCRLF() throws {
        #expect(try make(Self.small, "a b</w>").tokenIDs("ab") == [4])
        #expect(try make(Self.small, "#version: 0.2\r\na b</w>\r\n\n").tokenIDs("ab") == [4])
        #expect(try make(Self.small, "").tokenIDs("ab") == [0, 3])
    }

    /// The leftmost pair of lowest rank goes first, also when it makes a pair of lower rank than its own.
    @Test func mergesThatCannotComeFromTraining() throws {
        let vocabulary =
            #"{"a":0,"b":1,"b</w>":2,"ab":3,"aba":4,"ab</w>":5,"<|startoftext|>":6,"<|endoftext|>":7}"#
        // "abab": a+b at 0 makes ab|a|b</w>, and ab+a outranks the a+b</w> that would come next.
        let tokenizer = try make(vocabulary, "ab a\na b\na b</w>\n")
        #expect(tokenizer.tokenIDs("abab") == [4, 2])
    }

    @Test func faultsNameFileAndLine() throws {
        let double = fault(Self.small.replacing(#""b":1"#, with: "\n\"b\":0"), "")
        #expect(double?.description == "vocab.json:2: id 0 is given to two tokens, \"a\" and \"b\"")
        let badID = fault(Self.small.replacing(#""b":1"#, with: "\n\"b\":-1"), "")
        #expect(badID?.line == 2 && badID?.found == "-1")
        let part = fault(Self.small, "#version: 0.2\na b</w>\nab c\n")
        #expect(part?.description == "merges.txt:3: \"ab\" is not in vocab.json")
        #expect(fault(Self.small, "a b\n")?.problem == "\"ab\" is not in vocab.json")
        #expect(fault(Self.small, "a b</w>\na b</w>\n")?.line == 2)
        for line in ["a", "a  b</w>", "a b </w>", "", " a"] {
            #expect(fault(Self.small, "a b</w>\n\(line)\na b</w>\n")?.line == 2, "\(line)")
        }
        let special = fault(Self.small.replacing("<|endoftext|>", with: "<|endoftxt|>"), "")
        #expect(special?.problem == "the special token \"<|endoftext|>\" is missing")
        #expect(special?.found == "nearest \"<|endoftxt|>\"")
        #expect(fault(Self.small, "", pad: "!")?.problem == "the special token \"!\" is missing")
        #expect(fault("[]", "")?.line == 1)
        #expect(throws: JSONSyntaxError.self) { try make(#"{"a":0,"a":1}"#, "") }
    }
}
