import Audit
import Digests
import Ledger
import Tensors
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
        #expect(try GoldenPolicy.parse("", file: "policy.yaml") == GoldenPolicy())
        #expect(try GoldenPolicy.read("/nowhere/policy.yaml") == GoldenPolicy())
    }

    @Test(arguments: [
        ("compar: exact", "1:1", "did you mean \"compare\"?"), ("compare: ulp", "1:10", "expected exact"),
        ("recipe: {paths: x}", "1:10", "did you mean \"path\"?"), ("recipe: {set: [a=1]}", "1:1", "missing key"),
        ("recipe: {path: x, set: a=1}", "1:24", "a list of texts KEY.PATH=VALUE"),
        ("steps: 0", "1:8", "an integer of at least 1"), ("isa: [avx9]", "1:7", "expected baseline, avx2"),
        ("isa: []", "1:6", "at least one"), ("workers: [1, 0]", "1:14", "from 1 to 256"),
        ("steps: 1\nsteps: 2", "2:1", "duplicate key"),
    ]) func mistakesAreNamedWithTheirPlace(text: String, place: String, words: String) throws {
        let error = try #require(throws: RecipeError.self) { try GoldenPolicy.parse(text, file: "policy.yaml") }
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
            let plain = try GateSelection(workspace)
            #expect(plain.runs == ["run-1"] && plain.missing.isEmpty && plain.list == nil)
            try AtomicFile.write("other\nrun-1\n", to: list)
            let selection = try GateSelection(workspace)
            #expect(selection.runs == ["other", "run-1"] && selection.missing.keys.sorted() == ["other"])
            #expect(try GateSelection(workspace, patterns: ["run-*"]).missing.isEmpty)
            #expect(try GateSelection(workspace, patterns: ["o*", "run-[0-9]"]).runs == ["other", "run-1"])
            // One pattern that matches nothing is a mistake, whatever the others match.
            let error = try #require(throws: GateSelection.Empty.self) {
                try GateSelection(workspace, patterns: ["run-1", "rnu-*"])
            }
            #expect("\(error)" == "no golden run matches \"rnu-*\"; golden runs: other, run-1")
            try AtomicFile.write("# none\n", to: list)
            #expect(try GateSelection(workspace).missing["run-1"]?.contains("not listed") == true)
            try FileContents.remove([list, workspace.manifest("run-1")])
            #expect(try GateSelection(workspace).missing["run-1"]?.contains("no manifest") == true)
            // A policy without its golden run: somebody took the log away.
            let folder = workspace.golden("gone")
            try FileContents.makeFolder(folder)
            try AtomicFile.write("compare: exact\n", to: folder + "/policy.yaml")
            #expect(
                try GateSelection(workspace, patterns: ["gone"]).missing["gone"]?.contains("expected a golden") == true)
        }
    }
}
