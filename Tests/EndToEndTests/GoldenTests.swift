import Core
import Foundation
import Ledger
import SeededRandom
import Testing
import TinyRuns

/// What a gate notices when parts of golden runs are changed or go missing, and that an acceptance happens whole or not.
@Suite struct GoldenTests {
    /// Two golden runs, `one` and `two`, each accepted as it was recorded; the recipe is that of `one`.
    private func withGolden(_ body: (Sandbox, _ recipe: String) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo()
            for (name, path, set) in [("one", recipe, ["--set", "seed=12"]), ("two", try sandbox.runs.base(), [])] {
                let recorded = try sandbox.program.start(["train", path, "--record", "--name", name] + set).wait()
                #expect(recorded.status == 0, "\(recorded.errors)")
                let accepted = try sandbox.program.run("golden", "accept", name)
                #expect(accepted.status == 0, "\(accepted.errors)")
            }
            try body(sandbox, recipe)
        }
    }

    private func gate(_ sandbox: Sandbox, _ arguments: String...) throws -> (
        status: Int32, cases: [String], text: String
    ) {
        let result = try sandbox.program.start(["gate"] + arguments + ["--format", "json"]).wait()
        guard let json = try? JSONValue.parse(Array(result.output.utf8), file: "report") else {
            return (result.status, [], result.errors)
        }
        let cases = try JSONCursor(json, name: "report")["cases"].elements().map {
            try "\($0["run"].string()) \($0["outcome"].string())"
        }
        return (result.status, cases, result.output)
    }

    private func remove(_ path: String, _ sandbox: Sandbox) throws {
        try FileManager.default.removeItem(atPath: sandbox.runs.path(path))
    }

    private func replace(_ old: String, _ new: String, in path: String, _ sandbox: Sandbox) throws {
        let text = String(decoding: try FileContents.read(sandbox.runs.path(path)), as: UTF8.self)
        try #require(text.contains(old), "\(old) in \(text)")
        try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: sandbox.runs.path(path))
    }

    // MARK: Watching

    @Test func aRunOfTheLedgerIsWatchedByItsRecipe() throws {
        try withGolden { sandbox, recipe in
            let name = (recipe as NSString).lastPathComponent
            let policy = String(
                decoding: try FileContents.read(sandbox.runs.path("Golden/one/policy.yaml")), as: UTF8.self)
            #expect(
                policy.contains(name) && policy.contains("seed=12") && !policy.contains(sandbox.runs.folder),
                "\(policy)")
            let open = try gate(sandbox)
            #expect(open.status == 0 && open.cases == ["one reproduced", "two reproduced"], "\(open.text)")
            try replace("lr: 1e-3", "lr: 2e-3", in: name, sandbox)
            let closed = try gate(sandbox)
            #expect(closed.status == 1 && closed.cases == ["one recipe", "two reproduced"], "\(closed.text)")
            // A new run of the changed recipe that the ledger has takes another name; by a recipe that is gone, none.
            try replace("lr: 2e-3", "lr: 1e-3", in: name, sandbox)
            for path in ["Golden/one", "Golden/runs.txt", "Manifests/one.json"] { try remove(path, sandbox) }
            try FileManager.default.moveItem(atPath: recipe, toPath: sandbox.runs.path("moved.yaml"))
            let gone = try sandbox.program.run("golden", "accept", "one")
            #expect(gone.status == 2 && gone.errors.contains("is not there; name the recipe"), "\(gone.errors)")
            let wrong = try sandbox.program.run("golden", "accept", "one", "--recipe", "moved.yaml")
            #expect(wrong.status == 2 && wrong.errors.contains("seed is 11, recorded was 12"), "\(wrong.errors)")
            #expect(!FileContents.exists(sandbox.runs.path("Golden/one")))
            let right = try sandbox.program.run("golden", "accept", "one", "--recipe", "moved.yaml", "--set", "seed=12")
            #expect(
                right.status == 0 && right.output.contains("watched by moved.yaml --set seed=12"), "\(right.errors)")
            #expect(try gate(sandbox).status == 0)
            for wrong in [
                ["--set", "seed=12"], ["--unwatched", " "], ["--recipe", "moved.yaml", "--unwatched", "x"],
            ] {
                #expect(try sandbox.program.start(["golden", "accept", "one"] + wrong).wait().status == 64, "\(wrong)")
            }
        }
    }

    @Test func aRunThatNothingWatchesClosesTheGate() throws {
        try withGolden { sandbox, recipe in
            try remove("Golden/one/policy.yaml", sandbox)
            let away = try gate(sandbox)
            #expect(away.status == 4 && away.cases == ["one unwatched", "two reproduced"], "\(away.text)")
            try sandbox.runs.write("compare: exact\n", to: "Golden/one/policy.yaml")
            #expect(try gate(sandbox).cases == ["one unwatched", "two reproduced"])
            try sandbox.runs.write("", to: "Golden/one/policy.yaml")
            #expect(try gate(sandbox).cases == ["one trouble", "two reproduced"])
            try sandbox.runs.write("recipe: {path: none.yaml}\n", to: "Golden/one/policy.yaml")
            #expect(try gate(sandbox).cases == ["one trouble", "two reproduced"])
            // A policy that hides a change: it sets what the recipe says.
            let name = (recipe as NSString).lastPathComponent
            try sandbox.runs.write(
                "recipe: {path: \(name), set: [seed=12, optimizer.lr=1e-3]}\n", to: "Golden/one/policy.yaml")
            let hidden = try gate(sandbox)
            #expect(hidden.status == 4 && hidden.cases == ["one unwatched", "two reproduced"], "\(hidden.text)")
            #expect(hidden.text.contains("sets optimizer.lr=1e-3"))
            // In words it passes, and is told.
            try sandbox.runs.write("recipe: unwatched\nreason: a test\n", to: "Golden/one/policy.yaml")
            let said = try gate(sandbox)
            #expect(said.status == 0 && said.text.contains("1 of 2 watched by no recipe"), "\(said.text)")
            // The golden run as it is, with a policy again; the history has one line more.
            let mended = try sandbox.program.run(
                "golden", "accept", "one", "--recipe", name, "--set", "seed=12", "--reason", "watched")
            #expect(mended.status == 0, "\(mended.errors)")
            let open = try gate(sandbox)
            #expect(open.status == 0 && !open.text.contains("watched by no recipe"), "\(open.text)")
            let show = try sandbox.program.run("golden", "show", "one")
            #expect(show.status == 0 && show.output.contains("watched"), "\(show.output)\(show.errors)")
        }
    }

    // MARK: What goes missing

    @Test func whatGoesMissingIsMissed() throws {
        try withGolden { sandbox, _ in
            func inCopy(_ removed: [String], line: Bool = false) throws -> (
                status: Int32, cases: [String], text: String
            ) {
                let copy = Sandbox(runs: try TinyRuns())
                defer { copy.runs.remove() }
                for name in try FileContents.names(in: sandbox.runs.folder)
                where !FileContents.exists(copy.runs.path(name)) {
                    try FileManager.default.copyItem(atPath: sandbox.runs.path(name), toPath: copy.runs.path(name))
                }
                for path in removed { try remove(path, copy) }
                if line { try replace("two\n", "", in: "Golden/runs.txt", copy) }
                return try gate(copy)
            }
            #expect(try inCopy(["Golden/two"]).cases == ["one reproduced", "two missing"])
            #expect(try inCopy(["Golden/runs.txt"]).cases == ["one missing", "two missing"])
            let both = try inCopy(["Golden/runs.txt", "Golden/two"])
            #expect(both.status == 4 && both.cases == ["one missing", "two missing"], "\(both.text)")
            let line = try inCopy(["Golden/two"], line: true)
            #expect(line.status == 4 && line.cases == ["one reproduced", "two missing"], "\(line.text)")
            #expect(line.text.contains("says that one was accepted"), "\(line.text)")
            let all = try inCopy(["Golden"])
            #expect(all.status == 4 && all.cases == ["one missing", "two missing"], "\(all.text)")
            #expect(try inCopy(["Golden", "Manifests"]).status == 2)
            #expect(try inCopy(["Manifests/two.json"]).cases == ["one reproduced", "two missing"])
            let history = try inCopy(["Golden/two/history.jsonl"])
            #expect(history.status == 3 && history.cases == ["one reproduced", "two tampered"], "\(history.text)")
            #expect(history.text.contains("found no file"), "\(history.text)")
            // Of another run: its own name stands in it.
            try remove("Golden/two/log.jsonl", sandbox)
            for name in ["manifest.json", "log.jsonl", "names.json", "tensors.bin", "history.jsonl", "policy.yaml"] {
                try? remove("Golden/two/\(name)", sandbox)
                try FileManager.default.copyItem(
                    atPath: sandbox.runs.path("Golden/one/\(name)"), toPath: sandbox.runs.path("Golden/two/\(name)"))
            }
            #expect(try gate(sandbox).cases == ["one reproduced", "two tampered"])
        }
    }

    // MARK: Acceptance

    /// Wherever an acceptance is cut off, the golden run is the old one or the new one, and the gate says nothing else.
    @Test func anAcceptanceHappensWholeOrNotAtAll() throws {
        let strikes = ProcessInfo.processInfo.environment["SMPO_POWER_CUTS"].flatMap { Int($0) } ?? 8
        var generator = SplitMix(state: 7)
        try Sandbox.with { first in
            let (recipe, cut) = (try first.runs.smpo(), try PowerCut(in: first))
            for (name, set) in [("one", "seed=11"), ("new", "seed=12")] {
                let recorded = try first.program.run("train", recipe, "--record", "--name", name, "--set", set)
                #expect(recorded.status == 0, "\(recorded.errors)")
            }
            #expect(try first.program.run("golden", "accept", "one").status == 0)
            #expect(try first.program.run("keys", "generate", "alice", "--keys", "keys").status == 0)
            #expect(try first.program.run("sign", "one", "--key", "alice", "--keys", "keys").status == 0)
            let heads = try ["one", "new"].map {
                try #require(Manifest.read(first.workspace.manifest($0)).outcome).chainHead
            }
            let arguments = [
                "golden", "accept", "new", "--as", "one", "--replace", "--reason", "another seed", "--keys", "keys",
                "--sign", "alice",
            ]
            func another(_ body: (Sandbox) throws -> Void) throws {
                try Sandbox.with { sandbox in
                    for name in ["Golden", "Manifests", ".smpo", "keys", (recipe as NSString).lastPathComponent] {
                        try FileManager.default.copyItem(atPath: first.runs.path(name), toPath: sandbox.runs.path(name))
                    }
                    try body(sandbox)
                }
            }
            var changes = 0
            try another { changes = try cut.changes(arguments, in: $0) }
            // Seven files are written twice each, each by five changes at least.
            #expect(changes > 70)
            var found: Set<Digest> = []
            for strike in 0..<strikes {
                // Every moment in turn where there are enough strikes; killed only, or with what was not flushed lost.
                let moment =
                    strikes >= 2 * changes ? strike / 2 % changes + 1 : Int.random(in: 1...changes, using: &generator)
                var variables = ["POWERCUT_AFTER": "\(moment)", "POWERCUT_SEED": "\(strike)"]
                if strike % 2 == 0 { variables["POWERCUT_KEEP"] = "1" }
                try another { sandbox in
                    let context: Comment = "change \(moment) of \(changes), seed \(strike)"
                    let result = try cut.run(arguments, in: sandbox, variables)
                    #expect(result.status == 1000 + SIGKILL, "\(context): \(result.status) \(result.errors)")
                    let report = try gate(sandbox)
                    #expect(report.status == 0 && report.cases == ["one reproduced"], "\(context): \(report.text)")
                    let log = try GoldenLog(folder: sandbox.workspace.golden("one"))
                    #expect(heads.contains(log.outcome.chainHead), context)
                    #expect(try Manifest.read(sandbox.workspace.manifest("one")) == log.manifest, context)
                    let verified = try sandbox.program.run("verify", "one", "--keys", "keys", "--require-signature")
                    #expect(verified.status == 0, "\(context): \(verified.output)\(verified.errors)")
                    let rests = try FileManager.default.subpathsOfDirectory(atPath: sandbox.workspace.golden)
                    #expect(!rests.contains { $0.contains(".tmp-") }, "\(context): \(rests)")
                    found.insert(log.outcome.chainHead)
                    // Nothing stands in the way of another one.
                    if strike % 4 == 0 {
                        let again = try sandbox.program.start(arguments).wait()
                        #expect(again.status == 0, "\(context): \(again.errors)")
                    }
                }
            }
            if strikes >= 50 {
                #expect(found == Set(heads))
                print("cut off \(strikes) times; the golden run was the old one or the new one each time")
            }
        }
    }

    // MARK: Line ends

    /// A checkout whose line ends Git converts: `init` forbids it where the bytes count, and without that it is named.
    @Test(.enabled(if: FileContents.exists("/usr/bin/git"), "needs Git"))
    func lineEndsOfACheckoutAreKeptOrNamed() throws {
        try Sandbox.with { sandbox in
            try sandbox.runs.write("*.md text", to: ".gitattributes")
            #expect(try sandbox.program.run("init", "--ci", "none").status == 0)
            let attributes = String(decoding: try FileContents.read(sandbox.runs.path(".gitattributes")), as: UTF8.self)
            #expect(
                attributes.hasPrefix("*.md text\n# ") && attributes.contains("\n/Golden/** -text\n"), "\(attributes)")
            func git(_ arguments: String...) throws {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
                process.arguments = ["-c", "user.name=a", "-c", "user.email=a@b"] + arguments
                process.currentDirectoryURL = URL(fileURLWithPath: sandbox.runs.folder)
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                try #require(process.terminationStatus == 0, "git \(arguments)")
            }
            try git("init", "-q")
            try git("add", ".gitattributes", ".gitignore", "Golden", "Manifests")
            try git("commit", "-q", "-m", "first")
            try git("clone", "-q", "-c", "core.autocrlf=true", ".", "kept")
            let kept = Program(folder: sandbox.runs.path("kept"))
            let open = try kept.run("gate")
            #expect(open.status == 0, "\(open.output)\(open.errors)")

            try git("rm", "-q", ".gitattributes")
            try git("commit", "-q", "-m", "without attributes")
            try git("clone", "-q", "-c", "core.autocrlf=true", ".", "converted")
            let converted = Program(folder: sandbox.runs.path("converted"))
            let log = try FileContents.read(sandbox.runs.path("converted/Golden/first/log.jsonl"))
            #expect(log.suffix(2) == [0x0D, 0x0A])
            let closed = try converted.run("gate")
            #expect(closed.status == 2, "\(closed.output)\(closed.errors)")
            #expect(
                closed.output.contains("first  TROUBLE") && closed.output.contains("found CR LF"), "\(closed.output)")
            #expect(closed.output.contains("-text"), "\(closed.output)")
        }
    }
}
