import Foundation
import Testing

@testable import Datasets

@Suite("Shapes: captions and vocabulary")
struct ShapesCaptionTests {
    @Test("2,400 distinct captions, each read back from its words")
    func captions() {
        let texts = ShapesCaption.all.map(\.text)
        #expect(Set(texts).count == 2_400)
        #expect(texts[0] == "a small red circle in the centre on a black background")
        #expect(texts[2_399] == "a large white ring at the bottom right on a gray background")
        for number in stride(from: 0, to: 2_400, by: 301) {
            #expect(ShapesCaption(text: texts[number]) == ShapesCaption(number: number))
        }
        #expect(ShapesCaption(text: "a small red circle") == nil)
    }

    @Test("The splits are disjoint, complete, and show every value of every attribute")
    func splits() {
        let splits = ShapesSplit.allCases.map(\.captions)
        #expect(splits.map(\.count) == [2_100, 100, 200])
        #expect(Set(splits.joined().map(\.text)).count == 2_400)
        for captions in splits {
            #expect(Set(captions.map(\.shape)).count == 6)
            #expect(Set(captions.map(\.size)).count == 2)
            #expect(Set(captions.map(\.colour)).count == 8)
            #expect(Set(captions.map(\.place)).count == 5)
            #expect(Set(captions.map(\.background)).count == 5)
        }
    }

    /// The ids that `CLIPTokenizer` of Hugging Face transformers 5.23.0 gives with these two files.
    @Test(
        "CLIP's tokenizer reads the files and finds one token a word",
        arguments: [
            (
                "a small red circle in the centre on a black background",
                [617, 320, 610, 606, 565, 594, 612, 563, 521, 320, 549, 547, 618]
            ),
            (
                "a large orange diamond at the top left on a maroon background",
                [617, 320, 596, 602, 571, 527, 612, 614, 597, 521, 320, 599, 547, 618]
            ),
            (
                "a small cyan triangle at the bottom right on a navy background",
                [617, 320, 610, 569, 613, 527, 612, 554, 608, 521, 320, 600, 547, 618]
            ),
        ])
    func tokenizer(_ text: String, _ ids: [Int]) {
        let tokens = ShapesVocabulary().tokens
        let words = text.split(separator: " ").map { String($0) + "</w>" }
        #expect(ids.map { tokens[$0] } == ["<|startoftext|>"] + words + ["<|endoftext|>"])
    }

    @Test("vocab.json numbers all tokens; merges.txt makes every token but the bytes and the two marks")
    func files() throws {
        let vocabulary = ShapesVocabulary()
        let json = try JSONSerialization.jsonObject(with: Data(vocabulary.vocabularyJSON.utf8))
        let ids = try #require(json as? [String: Int])
        #expect(ids.count == vocabulary.tokens.count)
        #expect(ids.values.sorted() == Array(0..<vocabulary.tokens.count))
        // As in OpenAI's file: "!" is 0, the space's stand-in U+0120 is 220, and "!" at a word's end is 256.
        #expect(ids["!"] == 0 && ids["\u{120}"] == 220 && ids["!</w>"] == 256)
        let lines = vocabulary.mergesText.split(separator: "\n")
        #expect(lines[0] == "#version: 0.2")
        #expect(lines.count - 1 == vocabulary.tokens.count - 514)
        for (rank, line) in lines.dropFirst().enumerated() {
            #expect(ids[String(line.filter { $0 != " " })] == 512 + rank)
        }
    }
}
