import Audit
import Compute
import Core
import Foundation
import Ledger
import SeededRandom
import Testing
import TinyRuns
import Training

/// The policy of a golden run, the list of golden runs, and which of them a gate takes.
@Suite struct GoldenPolicyTests {
    @Test func allKeysAreRead() throws {
        let policy = try GoldenPolicy.parse(
            """
            compare: exact
            recipe:
              path: Manifests/recipes/x.yaml
              set: [training.steps=4, name=short]
            steps: 20
            isa: [avx2, baseline]
            workers: [1, 3]
            """, file: "policy.yaml")
        #expect(policy.comparison == .exact && policy.steps == 20)
        #expect(policy.isas == [.avx2, .baseline] && policy.workers == [1, 3])
        #expect(
            policy.recipe
                == RecipeSource(path: "Manifests/recipes/x.yaml", overrides: ["training.steps=4", "name=short"]))
        #expect(try GoldenPolicy.read("/nowhere/policy.yaml") == GoldenPolicy())
        let unwatched = try GoldenPolicy.parse("recipe: unwatched\nreason: it was lost\n", file: "policy.yaml")
        #expect(unwatched.recipe == nil && unwatched.unwatched == "it was lost")
    }

    /// What `golden accept` writes is read as what it means, whatever stands in it.
    @Test func aPolicyThatIsWrittenIsReadAgain() throws {
        var policy = GoldenPolicy()
        (policy.steps, policy.isas, policy.workers) = (3, [.baseline], [1, 4])
        for text in [
            "a/b.yaml", "true", "null", "a: b", "# no", "it's \"x\"\t\\\n", " \u{85}é\u{2028}\u{7F}\u{FEFF}😀", "-", "1",
            "a=1", "[x=1]",
        ] {
            policy.recipe = RecipeSource(path: text, overrides: [text, "k=\(text)"])
            policy.unwatched = nil
            #expect(try GoldenPolicy.parse(policy.text, file: "p") == policy, "\(policy.text)")
            (policy.recipe, policy.unwatched) = (nil, "why \(text)")
            #expect(try GoldenPolicy.parse(policy.text, file: "p") == policy, "\(policy.text)")
        }
    }

    /// Damaged bytes are an error or another policy, and never the end of the program.
    @Test func damagedPoliciesAreErrors() throws {
        var generator = SplitMix(state: 5)
        let text = Array("compare: exact\nrecipe: {path: a/b.yaml, set: [a=1]}\nsteps: 2\nisa: [avx2]\n".utf8)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = text
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                _ = try GoldenPolicy.parse(String(decoding: bytes, as: UTF8.self), file: "p")
            } catch let error as SettingsError {
                #expect(error.line != nil)
                refused += 1
            }
        }
        #expect(refused > 1000)
    }

    @Test(arguments: [
        ("compar: exact", "1:1", "did you mean \"compare\"?"), ("compare: ulp", "1:10", "expected exact"),
        ("recipe: {paths: x}", "1:10", "did you mean \"path\"?"), ("recipe: {set: [a=1]}", "1:1", "missing key"),
        ("recipe: {path: x, set: a=1}", "1:24", "a list of texts KEY.PATH=VALUE"),
        ("steps: 0", "1:8", "an integer of at least 1"), ("isa: [avx9]", "1:7", "expected baseline, avx2"),
        ("isa: []", "1:6", "at least one"), ("workers: [1, 0]", "1:14", "from 1 to 256"),
        ("steps: 1\nsteps: 2", "2:1", "duplicate key"), ("", "1:1", "`recipe: unwatched` and a `reason:`"),
        ("# nothing\n\n", "1:1", "expected a policy"), ("{}", "1:1", "expected a policy"),
        ("recipe: unwatched", "1:1", "missing key \"reason\": expected why no recipe watches the run"),
        ("recipe: unwatched\nreason: ' '", "2:9", "why no recipe watches the run"),
        ("recipe: unwatched\nreason:", "2:8", "why no recipe watches the run"),
        ("recipe: x.yaml", "1:9", "a section of keys, or the word unwatched"),
        ("recipe: {path: x}\nreason: y", "2:1", "`recipe: unwatched`"), ("reason: y", "1:1", "`recipe: unwatched`"),
    ]) func mistakesAreNamedWithTheirPlace(text: String, place: String, words: String) throws {
        let error = try #require(throws: SettingsError.self) { try GoldenPolicy.parse(text, file: "policy.yaml") }
        #expect("\(error)".hasPrefix("policy.yaml:\(place): ") && "\(error)".contains(words), "\(error)")
    }

    /// A value of the file, one of an override, and a default that the code no longer has.
    @Test func changesOfARecipeAreFound() throws {
        try RecordedRun.with { run in
            let path = try run.runs.smpo(more: "record: {checkpoint_every: 1}")
            let source = RecipeSource(path: path, overrides: ["training.steps=5"])
            let recorded = try source.read().json
            #expect(try source.changes(from: recorded).isEmpty)
            try run.replace("optimizer: {lr: 1e-3}", "optimizer: {lr: 2e-3}", in: path)
            let change = try #require(try source.changes(from: recorded).first)
            #expect(change.difference.path == "optimizer.lr" && change.file == path && change.line == 12)
            #expect(change.difference.left == "\"\(HexFloat.string(1e-3))\"")
            #expect(change.difference.right == "\"\(HexFloat.string(2e-3))\"")
            try run.replace("optimizer: {lr: 2e-3}", "optimizer: {lr: 1e-3}", in: path)
            let steps = try RecipeSource(path: path, overrides: ["training.steps=6"]).changes(from: recorded)
            #expect(steps.map(\.difference.path) == ["training.steps"] && steps[0].difference.right == "6")
            guard case .object(var older) = recorded else { return }
            older["some_default"] = .null
            let gone = try source.changes(from: .object(older))
            #expect(gone.map(\.difference.path) == ["some_default"] && gone[0].line == nil)
            #expect(throws: FileError.self) { try RecipeSource(path: "none.yaml").changes(from: recorded) }
        }
    }

    // MARK: The list

    @Test func theListKeepsWhatPeopleWrote() throws {
        let runs = try TinyRuns()
        defer { runs.remove() }
        let path = try runs.write("# ours\nalpha  # the first\n\ngamma\n", to: "runs.txt")
        var list = try #require(try GoldenList.read(path))
        #expect(list.runs == ["alpha", "gamma"] && list.line(of: "gamma") == 4 && list.line(of: "beta") == nil)
        for run in ["beta", "zeta", "beta"] { list.add(run) }
        try list.write()
        #expect(
            String(decoding: try FileContents.read(path), as: UTF8.self)
                == "# ours\nalpha  # the first\n\nbeta\ngamma\nzeta\n")
        try AtomicFile.write("a\r\nb\n", to: path)
        #expect(try GoldenList.read(path)?.runs == ["a", "b"])
        #expect(try GoldenList.read(runs.path("none")) == nil)
    }

    @Test(arguments: [("a\nb\na\n", ":3: expected each run once"), ("a\nb c\n", ":2: expected the name of a run")])
    func badLinesAreNamed(text: String, words: String) throws {
        let runs = try TinyRuns()
        defer { runs.remove() }
        let path = try runs.write(text, to: "runs.txt")
        let error = try #require(throws: GoldenList.BadLine.self) { try GoldenList.read(path) }
        #expect("\(error)".hasPrefix(path + words), "\(error)")
    }

    // MARK: The selection

    @Test func whatIsMissingIsMissed() throws {
        try RecordedRun.with { run in
            let (workspace, list) = (run.workspace, run.workspace.goldenList)
            #expect(throws: GateSelection.Empty.self) { try GateSelection(workspace) }
            try run.promote()
            // The list went missing, and perhaps a run with it.
            let plain = try GateSelection(workspace)
            #expect(plain.runs == ["run-1"] && plain.list == nil)
            #expect(plain.missing["run-1"]?.contains("expected the list of golden runs") == true)
            try AtomicFile.write("other\nrun-1\n", to: list)
            let selection = try GateSelection(workspace)
            #expect(selection.runs == ["other", "run-1"] && selection.missing.keys.sorted() == ["other"])
            let part = try GateSelection(workspace, patterns: ["run-*"])
            #expect(part.missing.isEmpty && part.notSelected == ["other"])
            #expect(try GateSelection(workspace, patterns: ["o*", "run-[0-9]"]).runs == ["other", "run-1"])
            // One pattern that matches nothing is a mistake, whatever the others match.
            let error = try #require(throws: GateSelection.Empty.self) {
                try GateSelection(workspace, patterns: ["run-1", "rnu-*"])
            }
            #expect("\(error)" == "no golden run matches \"rnu-*\"; golden runs: other, run-1")
            try AtomicFile.write("# none\n", to: list)
            #expect(try GateSelection(workspace).missing["run-1"]?.contains("not listed") == true)
            try AtomicFile.write("run-1\n", to: list)
            try FileContents.remove([workspace.manifest("run-1")])
            #expect(try GateSelection(workspace).missing["run-1"]?.contains("no manifest") == true)
            try run.manifest.write(to: workspace.manifest("run-1"))
            // Manifests of runs that are not golden are named; one that cannot be read may have been golden.
            var other = run.manifest
            other.run = "plain"
            try other.write(to: workspace.manifest("plain"))
            #expect(try GateSelection(workspace).notGolden == ["plain"])
            try AtomicFile.write("{", to: workspace.manifest("half"))
            #expect(try GateSelection(workspace).missing["half"]?.contains("cannot be told") == true)
            // What a link leads to is not in the project.
            try FileManager.default.moveItem(atPath: workspace.golden("run-1"), toPath: run.runs.path("elsewhere"))
            try FileManager.default.createSymbolicLink(
                atPath: workspace.golden("run-1"), withDestinationPath: run.runs.path("elsewhere"))
            #expect(try GateSelection(workspace).missing["run-1"]?.contains("symbolic link") == true)
            // A policy without its golden run: somebody took the log away.
            let folder = workspace.golden("gone")
            try FileContents.makeFolder(folder)
            try AtomicFile.write("compare: exact\n", to: folder + "/policy.yaml")
            #expect(
                try GateSelection(workspace, patterns: ["gone"]).missing["gone"]?.contains("expected a golden") == true)
        }
    }
}
