import Core
import Foundation
import Testing

@testable import Datasets

/// Sets of prompts in the forms in which people have them.
@Suite struct PromptFileTests {
    /// A new folder with these files, removed afterwards.
    private func with(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "prompts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder(folder)
        for (name, text) in files { try AtomicFile.write(text, to: "\(folder)/\(name)") }
        try body(folder)
    }

    private func texts(_ name: String, _ content: String) throws -> [String] {
        var texts: [String] = []
        try with([name: content]) { texts = try PromptFile.read("\($0)/\(name)").prompts.map(\.text) }
        return texts
    }

    @Test func aListOfTextsIsReadInOrder() throws {
        #expect(
            try texts("a.json", #"["a cup", "", "caf\u00e9 \ud83d\ude80", "a cup"]"#) == [
                "a cup", "", "café 🚀", "a cup",
            ])
    }

    @Test func objectsGiveTheirPrompt() throws {
        let content = #"[{"id": "0", "prompt": "a cup", "rank": [1, 0]}, {"prompt": "two, \"cups\""}]"#
        #expect(try texts("test.json", content) == ["a cup", #"two, "cups""#])
    }

    @Test func listsByNameAreStyles() throws {
        try with(["mapo.json": #"{"VALIDATION": ["a", "b"], "EVAL": ["c"]}"#]) {
            let set = try PromptFile.read("\($0)/mapo.json")
            #expect(Set(set.styles) == ["VALIDATION", "EVAL"])
            #expect(set.prompts.first { $0.text == "b" }?.place == 1)
        }
    }

    /// Marks of quotation are part of the text: a reader with quotes joins rows that hold one.
    @Test func aTableBetweenTabsHasNoQuoting() throws {
        let content =
            "Prompt\tCategory\tChallenge\tNote\r\na \"note\t Abstract\tBasic\t\"x, y\r\nthe end\"\tAnimals\tBasic\t\r\n"
        try with(["parti.tsv": content]) {
            let set = try PromptFile.read("\($0)/parti.tsv")
            #expect(set.prompts.map(\.text) == ["a \"note", "the end\""])
            #expect(set.styles == [" Abstract", "Animals"])
        }
    }

    @Test func linesArePromptsAndEmptyOnesAreCounted() throws {
        try with(["p.txt": "\u{FEFF}a cup \n\n  \nthe end"]) {
            let set = try PromptFile.read("\($0)/p.txt")
            #expect(set.prompts.map(\.text) == ["a cup ", "the end"])
            #expect(set.leftOut == ["2 empty lines"])
            #expect(set.sources.map(\.digest) == [try .file("\($0)/p.txt")])
        }
    }

    /// HPDv2's benchmark lies in a file a style; its test set beside them is no list of texts.
    @Test func aFolderIsAListAStyle() throws {
        let files = [
            "benchmark_photo.json": #"["a", "b"]"#, "anime.json": #"["c", "d", "e"]"#,
            "test.json": #"[{"prompt": "f"}]"#,
        ]
        try with(files) {
            let set = try PromptFile.read($0)
            #expect(set.styles == ["anime", "photo"])
            #expect(set.prompts.map(\.text) == ["c", "d", "e", "a", "b"])
            #expect(set.prompts.map(\.place) == [0, 1, 2, 0, 1])
            #expect(set.leftOut == ["test.json: no list of texts"])
            #expect(set.sources.count == 2)
        }
    }

    /// Pick-a-Pic has a row a pair; its prompts are the captions, each once.
    @Test func captionsOfATableCountOnce() throws {
        let set = try PromptFile.read(FixtureFiles.path("tables/scored.parquet"))
        #expect(set.prompts.count == 9 && set.leftOut == ["15 rows with a caption that came before"])
        #expect(
            set.prompts[1].text == "A RED cup,  on the moon!" && set.prompts[2].text == ""
                && set.prompts[8].text == "zwei Hunde")
    }

    /// What people make of them with other programs: captions of DuckDB are places in a dictionary.
    @Test func tablesOfOtherWritersHaveTheirPrompts() throws {
        let folder = try FixtureFiles.path("tables")
        let expected = JSONCursor(try JSONValue.read("\(folder)/prompts.json"), name: "prompts")
        let members = try expected.members()
        #expect(members.count == 4)
        for (name, entry) in members {
            let set = try PromptFile.read("\(folder)/\(name)")
            let texts = try entry["texts"].elements().map { try $0.string() }
            #expect(set.prompts.map(\.text) == texts, "\(name)")
            let styles = try entry["styles"].elements().map { try $0.string() }
            #expect(set.styles == styles, "\(name)")
            let repeated = try entry["rows"].int() - texts.count
            #expect(
                set.leftOut == (repeated > 0 ? ["\(repeated) rows with a caption that came before"] : []), "\(name)")
        }
    }

    /// A folder of Parquet files is a set of prompts too; of several splits one is named.
    @Test func aFolderOfTablesIsRead() throws {
        let file = try FixtureFiles.bytes("tables/prompts-duckdb-v1.parquet")
        try with([:]) { folder in
            try FileContents.makeFolder("\(folder)/data")
            try AtomicFile.write(file, to: "\(folder)/data/test-00000-of-00001.parquet")
            let set = try PromptFile.read(folder)
            let alone = try PromptFile.read(FixtureFiles.path("tables/prompts-duckdb-v1.parquet"))
            #expect(set.prompts == alone.prompts && set.sources.map(\.digest) == alone.sources.map(\.digest))
            try AtomicFile.write(file, to: "\(folder)/data/train-00000-of-00001.parquet")
            let error = #expect(throws: PromptFileError.self) { try PromptFile.read(folder) }
            #expect(error?.what == "files of several splits, expected one of \"test\", \"train\"")
            let named = try PromptFile.read("\(folder)/data/test-*.parquet")
            #expect(named.prompts == set.prompts)
        }
    }

    /// What systems leave beside files is none of them, and an empty line of a table no row.
    @Test func whatIsNoPromptIsPassedOver() throws {
        try with(["anime.json": #"["a"]"#, "._anime.json": "\0\u{5}\u{16}\u{7}"]) {
            let set = try PromptFile.read($0)
            #expect(set.prompts.map(\.text) == ["a"])
        }
        try with(["p.tsv": "Prompt\tCategory\na\tb\n\n\t\n\n"]) {
            let set = try PromptFile.read("\($0)/p.tsv")
            #expect(set.prompts.map(\.text) == ["a", ""] && set.leftOut == ["2 empty lines"])
        }
    }

    @Test func theDigestStandsForTextsAndStyles() throws {
        func digest(_ name: String, _ content: String) throws -> Digest {
            var digest: Digest?
            try with([name: content]) { digest = try PromptFile.read("\($0)/\(name)").digest }
            return try #require(digest)
        }
        #expect(try digest("a.json", #"["a", "b"]"#) == digest("a.txt", "a\nb\n"))
        #expect(try digest("a.json", #"["a", "b"]"#) != digest("b.json", #"["b", "a"]"#))
        #expect(try digest("a.tsv", "Prompt\tStyle\na\tx\n") != digest("a.tsv", "Prompt\tStyle\na\ty\n"))
    }

    @Test(arguments: [
        ("a.json", "{\"a\": 1}", "\"a\": expected a list of texts, found integer"),
        ("a.json", "[\"a\", 2]", "prompt 2: expected a text, found integer"),
        ("a.json", "[{\"prompt\": \"a\"}, {\"text\": \"b\"}]", "prompt 2: expected an object with \"prompt\""),
        ("a.json", "[]", "no prompts in it"), ("a.json", "3", "expected a list, found integer"),
        ("a.tsv", "Prompt\tNote\na\n", "line 2: expected 2 columns between tabs, found 1"),
        ("a.tsv", "Text\tNote\na\tb\n", "line 1: expected a header with a column Prompt"),
        ("a.csv", "a,b\n", "no kind of file that is read"), ("a.txt", "\n", "no prompts in it"),
        ("a.txt", "", "no prompts in it (read are .json"), ("a.json", "{}", "no prompts in it"),
        ("a.tsv", "Prompt\tCategory\n", "no prompts in it"), ("a.tsv", "", "line 1: expected a header"),
    ])
    func whatCannotBeReadIsNamed(_ name: String, _ content: String, _ message: String) throws {
        try with([name: content]) { folder in
            let error = #expect(throws: PromptFileError.self) { try PromptFile.read("\(folder)/\(name)") }
            let text = try #require(error).description
            #expect(text.contains(name) && text.contains(message), "\(text)")
        }
    }

    /// Files that their format's own reader refuses, or that hold no prompts.
    @Test func filesOfOtherThingsAreNamed() throws {
        func message(_ path: String) -> String {
            do { return "\(try PromptFile.read(path).prompts.count) prompts" } catch { return "\(error)" }
        }
        try with(["a.json": "[\"a\",", "b.parquet": "a cup\n"]) { folder in
            for (name, words) in [
                ("a.json", ["a.json:1:", "expected a value", "found the end"]),
                ("b.parquet", ["b.parquet", "no Parquet file"]), ("c.txt", ["c.txt: cannot open"]),
                ("c.parquet", ["c.parquet"]),
            ] {
                let found = message("\(folder)/\(name)")
                for word in words { #expect(found.contains(word), "\(found)") }
            }
            try FileContents.makeFolder("\(folder)/lists")
            let empty = message("\(folder)/lists")
            #expect(
                empty.contains("lists: no prompts in it") && empty.contains("a folder of HPDv2's lists"), "\(empty)")
        }
        // A table without a column of prompts, and the same with one of numbers.
        let table = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "TablesTests/Fixtures/required.parquet").path
        #expect(
            message(table).contains("required.parquet: expected a column caption or Prompt, found number (read are"))
        try with([:]) { folder in
            let bytes = try FileContents.read(table)
            let renamed = String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) })).replacing(
                "number", with: "Prompt")
            try AtomicFile.write(renamed.unicodeScalars.map { UInt8($0.value) }, to: "\(folder)/a.parquet")
            let found = message("\(folder)/a.parquet")
            #expect(found.contains("a.parquet: row 0: Prompt: expected a string, found "), "\(found)")
        }
    }

    @Test func bytesThatAreNoTextAreNamed() throws {
        try with([:]) { folder in
            try AtomicFile.write([0x61, 0x0A, 0xFF, 0x0A], to: "\(folder)/a.txt")
            let error = #expect(throws: PromptFileError.self) { try PromptFile.read("\(folder)/a.txt") }
            #expect(try #require(error).description.contains("line 2: the bytes are no UTF-8"))
        }
    }
}
