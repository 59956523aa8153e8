import Core
import Foundation
import Testing

@testable import Diffusion

/// What readers other than transformers' make of texts, against ftfy, Python and transformers
/// (`Fixtures/readers/make_readers.py`).
struct ReaderTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/readers")
        .path
    private static let rows = try! JSONCursor(JSONValue.read("\(folder)/readers.json"), name: "readers").elements()

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Both as scalars, so that no normal form hides a difference.
    private static func expectSame(_ found: [Unicode.Scalar], _ expected: String, _ text: String) {
        func hex(_ scalars: some Sequence<Unicode.Scalar>) -> String {
            scalars.map { String($0.value, radix: 16) }.joined(separator: " ")
        }
        #expect(hex(found) == hex(expected.unicodeScalars), "\(text.debugDescription)")
    }

    @Test func textsAreRepairedAsByFtfy() throws {
        #expect(Self.rows.count > 200)
        for row in Self.rows {
            let text = try row["text"].string()
            Self.expectSame(TextRepair.repaired(Array(text.unicodeScalars)), try row["repaired"].string(), text)
        }
    }

    /// Up to white space, which the cuts drop.
    @Test func openClipsCaptions() throws {
        for row in Self.rows {
            let text = try row["text"].string()
            var found: [Unicode.Scalar] = []
            for scalar in CaptionReader.openCLIP.prepared(Array(text.unicodeScalars)[...]) {
                let isSpace = scalar.properties.isWhitespace
                if !isSpace { found.append(scalar) } else if found.last != " " { found.append(" ") }
            }
            let trimmed = found.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            Self.expectSame(Array(trimmed), try row["open_clip"].string(), text)
        }
    }

    @Test func bertsWords() throws {
        for row in Self.rows {
            let text = try row["text"].string()
            let found = BasicWords.words(
                Array(text.unicodeScalars)[...], lowercased: CaptionReader.lowercased)
            let expected = try row["words"].elements().map { try $0.string() }
            #expect(found.count == expected.count, "\(text.debugDescription)")
            for (found, expected) in zip(found, expected) { Self.expectSame(found, expected, text) }
        }
    }

    @Test func bertsPieces() throws {
        let tokenizer = try WordPieceTokenizer(path: "\(Self.folder)/vocab.txt")
        for row in Self.rows {
            let text = try row["text"].string()
            #expect(
                try tokenizer.tokenIDs(text) == row["ids"].elements().map { try $0.int() }, "\(text.debugDescription)")
        }
        let (ids, isCut) = tokenizer.encode("the photographs on the beach", length: 6)
        #expect(ids.count == 6 && isCut && tokenizer.encode("the", length: 6).ids.count == 3)
        #expect(tokenizer.padded([3, 4], length: 4) == [3, 4, 0, 0])
    }

    @Test func vocabulariesThatAreNoneAreRefused() {
        func refusal(_ text: String) -> String {
            do {
                _ = try WordPieceTokenizer(bytes: Array(text.utf8), file: "vocab.txt")
                return "none"
            } catch { return "\(error)" }
        }
        #expect(refusal("[PAD]\n[UNK]\n[CLS]\n").contains("special token [SEP] is missing"))
        #expect(
            refusal("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n").contains(
                "vocab.txt:7: a token that stands there twice"))
        #expect(refusal("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\n") == "none")
    }

    /// Readers of one vocabulary, where its files are named: the ids that each program gives (`tokenizer_cases.json`).
    @Test func readersOfClipsVocabulary() throws {
        guard let data = ProcessInfo.processInfo.environment["SMPO_CLIP_VOCAB"] else { return }
        let tokenizer = try CLIPTokenizer(folder: data)
        let names: [(CaptionReader, String)] = [
            (.transformers, "transformers"), (.openCLIP, "open_clip"),
            (.slowWithFtfy, "transformers_4_slow_with_ftfy"), (.slow, "transformers_4_slow_without_ftfy"),
        ]
        let root = JSONCursor(try JSONValue.read("\(data)/tokenizer_cases.json"), name: "cases")
        for row in try root["rows"].elements() {
            let text = try row["text"].string()
            for (reader, name) in names {
                let expected = try (row[name].present ?? row["transformers"]).elements().map { try $0.int() }
                let found = tokenizer.encode(text, length: 77, reader: reader)
                #expect(Array(found.ids.prefix(found.tokenCount)) == expected, "\(name): \(text.debugDescription)")
            }
        }
    }
}
