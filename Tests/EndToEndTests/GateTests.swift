import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo gate`, `smpo golden review` and `smpo golden accept` as people and servers call them.
@Suite struct GateTests {
    /// Two golden runs, `one` by a recipe that its policy names and `two`, without ledger.
    private func withGolden(steps: Int = 3, _ body: (Sandbox, _ recipe: String) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: steps)
            for (name, path) in [("one", recipe), ("two", try sandbox.runs.base())] {
                let recorded = try sandbox.program.run("train", path, "--record", "--name", name, "--workers", "1")
                #expect(recorded.status == 0, "\(recorded.errors)")
                let accepted = try sandbox.program.run("golden", "accept", name)
                #expect(accepted.status == 0, "\(accepted.errors)")
            }
            try sandbox.runs.write("recipe: {path: \(recipe)}\n", to: "Golden/one/policy.yaml")
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            try body(sandbox, recipe)
        }
    }

    private func gate(_ sandbox: Sandbox, _ arguments: String..., environment: [String: String] = [:]) throws
        -> Program.Result
    {
        try sandbox.program.start(["gate"] + arguments, environment: environment).wait()
    }

    private func report(_ result: Program.Result) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(Array(result.output.utf8), file: "report"), name: "report")
    }

    private func outcomes(_ result: Program.Result) throws -> [String] {
        try report(result)["cases"].elements().map { try "\($0["run"].string()) \($0["outcome"].string())" }
    }

    private func replace(_ old: String, _ new: String, in path: String) throws {
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        try #require(text.contains(old))
        try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: path)
    }

    /// All files below Golden with their bytes.
    private func golden(_ sandbox: Sandbox) throws -> [String: [UInt8]] {
        let root = sandbox.runs.path("Golden")
        let files = try FileManager.default.subpathsOfDirectory(atPath: root).filter {
            !FileContents.isFolder("\(root)/\($0)")
        }
        return Dictionary(uniqueKeysWithValues: try files.map { ($0, try FileContents.read("\(root)/\($0)")) })
    }

    @Test func goldenRunsThatAreReproducedOpenIt() throws {
        try withGolden { sandbox, _ in
            let before = try golden(sandbox)
            let open = try gate(sandbox)
            #expect(open.status == 0, "\(open.output)\(open.errors)")
            #expect(open.output.hasSuffix("gate open: 2 reproduced\n"), "\(open.output)")
            let ways = try gate(sandbox, "on*", "--isa", "baseline", "--workers", "1,3", "--format", "json")
            #expect(ways.status == 0, "\(ways.errors)")
            #expect(try outcomes(ways) == ["one reproduced", "one reproduced"])
            #expect(try report(ways)["cases"][1]["way"]["workers"].int() == 3)
            // One after another and side by side, twice: the same bytes.
            let json = try ["1", "2"].map { try gate(sandbox, "--jobs", $0, "--format", "json").output }
            #expect(json[0] == json[1])
            #expect(try golden(sandbox) == before)
            #expect(
                String(decoding: try #require(before["runs.txt"]), as: UTF8.self).hasSuffix("`.\none\ntwo\n"))
        }
    }

    @Test func whatIsNotAuditedClosesIt() throws {
        try withGolden { sandbox, _ in
            let none = try gate(sandbox, "three")
            #expect(none.status == 2 && none.errors.contains("golden runs: one, two"), "\(none.errors)")
            // Not listed.
            try sandbox.runs.write("one\n", to: "Golden/runs.txt")
            let unlisted = try gate(sandbox, "--format", "json")
            #expect(unlisted.status == 4)
            #expect(try outcomes(unlisted) == ["one reproduced", "two missing"])
            // Listed, but away.
            try sandbox.runs.write("one\nthree\ntwo\n", to: "Golden/runs.txt")
            let away = try gate(sandbox, "t*", "--format", "json")
            #expect(away.status == 4)
            #expect(try outcomes(away) == ["three missing", "two reproduced"])
            // Unreadable in several ways; the other run is audited all the same.
            try sandbox.runs.write("one\ntwo\n", to: "Golden/runs.txt")
            try sandbox.runs.write("compare: nearly\n", to: "Golden/one/policy.yaml")
            let policy = try gate(sandbox, "--format", "json")
            #expect(policy.status == 2)
            #expect(try outcomes(policy) == ["one trouble", "two reproduced"])
            #expect(try report(policy)["cases"][0]["reason"].string().contains("Golden/one/policy.yaml:1:10"))
            try sandbox.runs.write("", to: "Golden/one/policy.yaml")
            let empty = try gate(sandbox, "--format", "json")
            #expect(empty.status == 2)
            #expect(try outcomes(empty) == ["one trouble", "two reproduced"])
            try FileContents.remove([sandbox.runs.path("Golden/one/log.jsonl")])
            try sandbox.runs.write("recipe: unwatched\nreason: a test\n", to: "Golden/one/policy.yaml")
            let log = try gate(sandbox, "--format", "json")
            #expect(log.status == 2)
            #expect(try outcomes(log) == ["one trouble", "two reproduced"])
            #expect(try report(log)["cases"][0]["reason"].string().contains("log.jsonl"), "\(log.output)")
        }
        try Sandbox.with { sandbox in
            let empty = try gate(sandbox)
            #expect(empty.status == 2 && empty.errors.contains("expected golden runs, found none"), "\(empty.errors)")
        }
    }

    /// A change of the golden log with every hash made anew, so that only the replay can tell; and one that hashes tell.
    @Test func aGoldenRunThatIsNotWhatComesOutClosesIt() throws {
        try withGolden { sandbox, _ in
            let log = try GoldenLog(folder: sandbox.runs.path("Golden/two"))
            let steps = try log.steps()
            var (chain, changed) = (Chain(inputs: log.manifest.inputs.digest), [StepRecord]())
            for step in steps {
                let phases = try step.record.phases.map { phase in
                    guard phase.phase == .loss, step.record.step == 2 else { return phase }
                    return try PhaseRecord(
                        .loss, phase.entries.map { $0.name == "loss" ? TraceEntry("loss", 0.5 as Float) : $0 })
                }
                changed.append(try StepRecord(step: step.record.step, phases: phases))
                chain.append(changed[changed.count - 1].digest)
            }
            var manifest = log.manifest
            manifest.outcome = ManifestOutcome(chain: chain, weightsDigest: log.outcome.weightsDigest)
            manifest.circumstances.other["accepted"] = nil
            try GoldenLog.write(folder: sandbox.runs.path("Golden/two"), manifest: manifest) { append in
                for record in changed { try append(StepTrace(record: record)) }
            }
            try manifest.write(to: sandbox.workspace.manifest("two"))
            try FileContents.remove([sandbox.runs.path("Golden/two/history.jsonl")])
            let summary = sandbox.runs.path("summary.md")
            try AtomicFile.write("before\n", to: summary)
            let environment = ["CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary]
            let closed = try gate(sandbox, environment: environment)
            #expect(closed.status == 1, "\(closed.output)\(closed.errors)")
            let lines = closed.output.split(separator: "\n")
            #expect(lines[0] == "::error title=smpo gate::gate closed: 1 diverged, 1 reproduced", "\(closed.output)")
            #expect(
                lines[1].hasPrefix("::error file=Golden/two/log.jsonl,line=2,title=two%3A diverged::step 2, phase loss")
            )
            #expect(closed.output.contains("kind              step 2, phase loss"), "\(closed.output)")
            // What was recorded at first is what comes out: its head is what would take the place.
            #expect(closed.output.contains("replacement head  \(log.outcome.chainHead)"), "\(closed.output)")
            #expect(closed.output.contains("golden head       \(chain.head)"))
            let markdown = String(decoding: try FileContents.read(summary), as: UTF8.self)
            #expect(markdown.hasPrefix("before\n## smpo gate ❌") && markdown.contains("\(log.outcome.chainHead)"))
            // Files of every form, and nothing in Golden.
            let files = try gate(
                sandbox, "--format", "junit=gate.xml", "--format", "sarif=gate.sarif", "--format", "json=gate.json",
                "--format", "markdown")
            #expect(files.status == 1 && files.output.hasPrefix("## smpo gate ❌"), "\(files.errors)")
            #expect(
                String(decoding: try FileContents.read(sandbox.runs.path("gate.xml")), as: UTF8.self).contains(
                    "failures=\"1\""))
            let sarif = JSONCursor(try JSONValue.read(sandbox.runs.path("gate.sarif")), name: "sarif")
            #expect(try sarif["runs"][0]["results"].elements().count == 1)
            #expect(
                try JSONCursor(JSONValue.read(sandbox.runs.path("gate.json")), name: "r")["outcome"].string()
                    == "diverged")
            for wrong in [
                ["--format", "json", "--format", "text"], ["--format", "json=Golden/gate.json"], ["--format", "xml"],
                ["--format", "json="], ["--quick", "0"], ["--isa", "avx9"], ["--workers", "1,"], ["--jobs", "0"],
            ] {
                #expect(try sandbox.program.start(["gate"] + wrong).wait().status == 64, "\(wrong)")
            }

            try replace("\"step\":1", "\"step\":7", in: sandbox.runs.path("Golden/one/log.jsonl"))
            let tampered = try gate(sandbox, "--format", "json")
            #expect(tampered.status == 3)
            #expect(try outcomes(tampered) == ["one tampered", "two diverged"])
        }
    }

    /// The replay of the manifest is what was recorded, but the recipe's file says something else.
    @Test func aRecipeThatHasChangedClosesIt() throws {
        try withGolden { sandbox, recipe in
            try replace("optimizer: {lr: 1e-3}", "optimizer: {lr: 1e-3, weight_decay: 0.0101}", in: recipe)
            let closed = try gate(sandbox, "one")
            #expect(closed.status == 1, "\(closed.output)\(closed.errors)")
            #expect(closed.output.contains("one  RECIPE"), "\(closed.output)")
            #expect(
                closed.output.contains("\(recipe):12: optimizer.weight_decay: 0.0101, recorded was 0.01"),
                "\(closed.output)")
            #expect(closed.output.contains("kind              recipe: "))

            let before = try golden(sandbox)
            let review = try sandbox.program.run("golden", "review", "one", "--workers", "1")
            #expect(review.status == 0 && review.output.contains("one: moved"), "\(review.output)\(review.errors)")
            #expect(review.output.contains("inputs            recipe.optimizer.weight_decay: 0.01 | 0.0101"))
            #expect(try golden(sandbox) == before)
            // A server accepts nothing, and nobody without a reason.
            let server = try sandbox.program.start(
                ["golden", "accept", "one", "--reason", "x"], environment: ["CI": "true"]
            ).wait()
            #expect(server.status == 2 && server.errors.contains("CI is set"), "\(server.errors)")
            let silent = try sandbox.program.run("golden", "accept", "one")
            #expect(silent.status == 2 && silent.errors.contains("--reason"), "\(silent.errors)")
            #expect(try sandbox.program.run("golden", "accept", "--all", "*").status == 64)
            #expect(try golden(sandbox) == before)

            #expect(try sandbox.program.run("keys", "generate", "alice", "--keys", "keys").status == 0)
            let accepted = try sandbox.program.start(
                ["golden", "accept", "--all", "o*", "--reason", "more decay", "--keys", "keys"],
                environment: ["SMPO_KEY": "alice", "SOURCE_DATE_EPOCH": "1795824000"]
            ).wait()
            #expect(accepted.status == 0, "\(accepted.errors)")
            let head = try Manifest.read(sandbox.workspace.manifest("one")).outcome?.chainHead
            #expect(accepted.output.contains("new head   \(try #require(head))"), "\(accepted.output)")
            #expect(try gate(sandbox).status == 0)
            let audit = try sandbox.program.run("audit", "one", "--keys", "keys", "--require-signature")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let show = try sandbox.program.run("golden", "show", "one", "--keys", "keys")
            #expect(show.status == 0 && show.output.contains("2026-11-28"), "\(show.output)\(show.errors)")
            #expect(show.output.contains("more decay") && show.output.contains("signed with ed25519"), "\(show.output)")
        }
    }

    /// The policy's ways, and its steps.
    @Test func aPolicyIsKept() throws {
        try withGolden { sandbox, _ in
            try sandbox.runs.write(
                "recipe: unwatched\nreason: a test\nsteps: 1\nisa: [baseline]\nworkers: [1, 2]\n",
                to: "Golden/two/policy.yaml")
            let result = try gate(sandbox, "two", "--format", "json")
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let cases = try report(result)["cases"].elements()
            #expect(
                try cases.map { try $0["way"].value?.canonical } == [
                    #"{"isa":"baseline","workers":1}"#, #"{"isa":"baseline","workers":2}"#,
                ])
            #expect(try cases[0]["checked"].value?.canonical == "[1,1]")
            #expect(try cases[0]["unchecked"].value?.canonical == "[[2,2]]")
            #expect(
                try report(result)["summary"].string().hasSuffix(
                    "; 2 of 2 replayed in part only; 2 of 2 watched by no recipe; 1 golden run not selected"))
        }
    }

    /// As many steps as fit, at least one of each run, and it says which.
    @Test func aQuickGateSaysWhatItLeftOut() throws {
        try withGolden(steps: 400) { sandbox, _ in
            let quick = try gate(sandbox, "--quick", "2", "--format", "json")
            #expect(quick.status == 0, "\(quick.output)\(quick.errors)")
            let one = try report(quick)["cases"][0]
            let last = try one["checked"][1].int()
            #expect(try 1..<400 ~= last && one["unchecked"].value?.canonical == "[[\(last + 1),400]]")
            let text = try gate(sandbox, "one", "--quick", "1")
            #expect(text.output.contains("of 400; not replayed: "), "\(text.output)")
            #expect(
                text.output.hasSuffix(
                    "gate open: 1 reproduced; 1 of 1 replayed in part only; 1 golden run not selected\n"),
                "\(text.output)")
        }
    }

    /// Control-C ends it and its processes; nothing is printed as if it had passed.
    @Test func anInterruptEndsIt() throws {
        try withGolden(steps: 600) { sandbox, _ in
            let running = try sandbox.program.start(["gate", "--workers", "1"])
            #expect(running.waits(for: "golden run 1/2"))
            running.process.interrupt()
            let stopped = running.wait()
            #expect(stopped.status == 130 && stopped.output.isEmpty, "\(stopped.output)\(stopped.errors)")
        }
    }

    /// A process that is killed is no pass.
    @Test func aProcessThatDiesIsTrouble() throws {
        try withGolden(steps: 600) { sandbox, _ in
            let running = try sandbox.program.start(["gate", "one", "--format", "json"])
            var child = ""
            while child.isEmpty, running.process.isRunning {
                let path = "/proc/\(running.process.processIdentifier)/task"
                for task in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                    child += String(
                        decoding: FileManager.default.contents(atPath: "\(path)/\(task)/children") ?? Data(),
                        as: UTF8.self)
                }
                usleep(5000)
            }
            let process = try #require(Int32(child.split(separator: " ").first ?? ""))
            kill(process, SIGKILL)
            let result = running.wait()
            #expect(result.status == 2, "\(result.output)\(result.errors)")
            #expect(try outcomes(result) == ["one trouble"])
            #expect(try report(result)["cases"][0]["reason"].string().hasSuffix("ended by signal 9"))
        }
    }

    @Test func throughSaysWhatKindOfChangeItIs() throws {
        try withGolden { sandbox, _ in
            let same = try sandbox.program.run("audit", "one", "--through", "--json")
            #expect(same.status == 0, "\(same.errors)")
            #expect(try report(same)["drift"]["steps"].elements().count == 3)
            #expect(try report(same)["kind"].present == nil)
            for wrong in [["--through", "--segment", "2..3"], ["--through", "--sample", "1"], ["--budget", "-1"]] {
                #expect(try sandbox.program.start(["audit", "one"] + wrong).wait().status == 64, "\(wrong)")
            }
        }
    }
}
