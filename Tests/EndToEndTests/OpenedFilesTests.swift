import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// Every file that a run opens for reading is in a digest of its manifest, or on the page's list of files that cannot
/// matter: the tables of `FORMAT.md` are what the program is held against.
@Suite struct OpenedFilesTests {
    /// A line of one of the two tables.
    private struct Row {
        let patterns: [String]
        /// The digest that holds the files; nil where they cannot matter.
        let digest: String?
    }

    /// What the names of the page stand for in a run.
    private typealias Places = [String: [String]]

    private static let rows: [Row] = {
        let page = try! SourceTree.text("Sources/Ledger/FORMAT.md")
        var (rows, digests): ([Row], Bool?) = ([], nil)
        for line in page.split(separator: "\n") {
            guard line.hasPrefix("|") else {
                digests = nil
                continue
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
            if line.hasPrefix("| file | what of it") { digests = true }
            if line.hasPrefix("| file | why not") { digests = false }
            func code(_ cell: Substring?) -> [String] {
                (cell ?? "").split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
            guard let digests, !code(cells.first).isEmpty else { continue }
            rows.append(Row(patterns: code(cells.first), digest: digests ? code(cells.last).first : nil))
        }
        return rows
    }()

    private static func matches(_ path: String, _ row: Row, _ places: Places) -> Bool {
        row.patterns.contains { pattern in
            let name = String(pattern.prefix { $0 != "/" })
            let rest = pattern.dropFirst(name.count)
            let whole = name.isEmpty || name.contains("*") ? [pattern] : (places[name] ?? []).map { $0 + rest }
            return whole.contains { fnmatch($0, path, 0) == 0 }
        }
    }

    /// The opened files that the page does not account for, or whose digest the manifest does not have.
    private static func strangers(
        _ opened: [String], _ places: Places, _ digests: Set<String>, rows: [Row] = OpenedFilesTests.rows
    ) -> [String] {
        opened.filter { path in
            // Digests stand in more than one row where more than one kind of run has them.
            !rows.contains { row in
                matches(path, row, places)
                    && row.digest.map { name in digests.contains { $0 == name || $0.hasPrefix(name + "/") } } != false
            }
        }
    }

    @Test(
        .enabled(if: OpenedFiles.canBeSeen, "strace is not here, or may not trace: no run's open files are walked"),
        arguments: [
            "diffusion", "fresh", "scorer", "latents", "sdxl", "pair_folders", "parquet", "arrow",
        ])
    func everyFileThatARunReadsIsAccountedFor(kind: String) throws {
        try Sandbox.with { sandbox in
            let (recipe, places) = try sandbox.prepare(kind)
            var opened: [String] = []
            for arguments in [["train", recipe, "--record"], ["audit", "run-1"], ["train", "--resume", "run-1"]] {
                let files = try OpenedFiles(sandbox.program, arguments + ["--workers", "1"])
                #expect(files.status == 0, "\(arguments)")
                opened += files.paths
            }
            let digests = Set(try Manifest.read(sandbox.workspace.manifest("run-1")).inputs.digests.keys)
            let strangers = Self.strangers(opened, places, digests)
            #expect(strangers.isEmpty, "in no digest and not on the list of files that cannot matter: \(strangers)")

            // It could have failed: without a row, or without its digest, the row's files are noticed.
            let inputs = opened.filter { $0.hasPrefix(sandbox.runs.folder + "/") && !$0.contains("/.smpo/") }
            let needed = Self.rows.indices.filter { index in
                guard Self.rows[index].digest != nil else { return false }
                return inputs.contains { Self.matches($0, Self.rows[index], places) }
            }
            #expect(needed.count >= 3, "\(inputs)")
            for index in needed {
                var rows = Self.rows
                let row = rows.remove(at: index)
                #expect(!Self.strangers(opened, places, digests, rows: rows).isEmpty, "\(row.patterns)")
                let rest = digests.filter { $0 != row.digest && !$0.hasPrefix(row.digest! + "/") }
                #expect(!Self.strangers(opened, places, rest).isEmpty, "\(row.patterns)")
            }
            #expect(Self.strangers([sandbox.runs.path("model/notes.txt")], places, digests).count == 1)
            let index = sandbox.runs.path("model/model_index.json")
            #expect(opened.contains(index) == (kind == "diffusion"))
            let rest = Self.rows.filter { $0.digest != nil || !Self.matches(index, $0, places) }
            #expect(Self.strangers(opened, places, digests, rows: rest).contains(index) == (kind == "diffusion"))
        }
    }

    @Test func theLogOfStraceIsRead() {
        let log = """
            12 execve("/bin/smpo", ["smpo"], 0x7ffd /* 3 vars */) = 0
            12 openat(AT_FDCWD, "model/a.json", O_RDONLY|O_CLOEXEC) = 3
            12 openat(AT_FDCWD, "gone", O_RDONLY) = -1 ENOENT (No such file or directory)
            12 openat(AT_FDCWD, "/data/out", O_WRONLY|O_CREAT, 0666) = 4
            12 openat(AT_FDCWD, "/data", O_RDONLY|O_DIRECTORY) = 4
            13 openat(AT_FDCWD, "/data/b", O_RDONLY <unfinished ...>
            12 open("/data/c", O_RDWR|O_CREAT) = 5
            13 <... openat resumed>) = 6
            """
        #expect(OpenedFiles.paths(log, in: "/w") == ["/bin/smpo", "/data/b", "/data/c", "/w/model/a.json"])
    }
}

extension Sandbox {
    /// The recipe of a run of a kind, and where its files lie. Its model has every file that a tokenizer can have.
    fileprivate func prepare(_ kind: String) throws -> (recipe: String, places: [String: [String]]) {
        var places = [
            "PROGRAM": [Program.executable.path, Program.executable.resolvingSymlinksInPath().path],
            "RECORD": [".smpo", "Manifests", "Golden"].map { runs.path($0) }, "CONFIG": [runs.folder],
        ]
        let recipe: String
        switch kind {
        case "diffusion":
            _ = try baseModel()
            try addTokenizerFiles("model/tokenizer")
            try AtomicFile.write(
                """
                {
                  "unet": ["diffusers", "UNet2DConditionModel"], "scheduler": ["diffusers", "DDIMScheduler"],
                  "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"]
                }
                """, to: runs.path("model/model_index.json"))
            let pairs = try PairFolder(runs)
            recipe = try runs.smpo(model: runs.path("model"), data: pairs.path)
            places["MODEL"] = [runs.path("model")]
            places["DATA"] = [pairs.path]
        case "scorer":
            let made = try program.run("train", try runs.pickscore(steps: 1), "--out", "scorer", "--workers", "1")
            #expect(made.status == 0, "\(made.errors)")
            try addTokenizerFiles("scorer/tokenizer")
            let pairs = try PairFolder(runs, count: 8)
            recipe = try runs.pickscore(model: runs.path("scorer"), data: pairs.path)
            places["SCORER"] = [runs.path("scorer")]
            places["DATA"] = [pairs.path]
        case "latents":
            let data = try program.run(
                "data", "latents", "--pairs", "3", "--shape", "4x16x16", "--seed", "5", "--out", "data")
            #expect(data.status == 0, "\(data.errors)")
            try FileContents.makeFolder(runs.path("latent"))
            try FileManager.default.moveItem(
                atPath: runs.path("latent-unet.json"), toPath: runs.path("latent/unet.json"))
            recipe = try runs.latents(data: runs.path("data"))
            let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
            try AtomicFile.write(text.replacingOccurrences(of: "latent-unet", with: "latent/unet"), to: recipe)
            places["CONFIG"] = [runs.folder, runs.path("latent")]
            places["DATA"] = [runs.path("data")]
        case "pair_folders":
            let pairs = try PairFolder(runs, "stored")
            let folder = runs.path("pairs")
            for (name, side) in [("w", PairSide.image0), ("l", .image1)] {
                try FileContents.makeFolder("\(folder)/\(name)")
                for index in 0..<4 {
                    try FileManager.default.moveItem(
                        atPath: pairs.picture(index, side), toPath: "\(folder)/\(name)/\(index).png")
                }
            }
            for index in 0..<4 {
                // Captions may lie beside either picture, under either name.
                let name = ["w/0.txt", "l/1.txt", "w/2.caption", "l/3.caption"][index]
                try AtomicFile.write("a red circle \(index)", to: "\(folder)/\(name)")
            }
            try AtomicFile.write("left alone", to: "\(folder)/w/notes.md")
            recipe = try runs.recipe("name: dpo")
            let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
            try AtomicFile.write(
                text.replacingOccurrences(
                    of: "{kind: shapes, size: 16, pairs: 8, seed: 3}",
                    with: "{kind: pair_folders, path: \(folder), size: 16}"), to: recipe)
            places["DATA"] = [folder]
        case "parquet", "arrow":
            let format = try #require(StoredTable.Format(rawValue: kind))
            let table = try StoredTable(runs, format)
            recipe = try table.recipe(runs)
            places["DATA"] = [table.path]
        case "sdxl":
            try sdxlModel(latents: false)
            for tokenizer in ["tokenizer", "tokenizer_2"] { try addTokenizerFiles("model/\(tokenizer)") }
            recipe = try runs.smpo(model: runs.path("model"))
            places["MODEL"] = [runs.path("model")]
        default: recipe = try runs.smpo()
        }
        places["RECIPE"] = [recipe]
        return (recipe, places)
    }

    private func addTokenizerFiles(_ folder: String) throws {
        for (name, text) in [
            ("tokenizer_config.json", #"{"model_max_length": 16}"#),
            ("special_tokens_map.json", #"{"pad_token": "red</w>"}"#),
            ("added_tokens.json", #"{"blue</w>": \#(try id(of: "blue</w>", folder))}"#),
        ] {
            try AtomicFile.write(text, to: runs.path("\(folder)/\(name)"))
        }
    }

    private func id(of token: String, _ folder: String) throws -> Int {
        let path = runs.path("\(folder)/vocab.json")
        return try JSONCursor(try JSONValue.read(path), name: "vocabulary", file: path)[token].int()
    }
}
