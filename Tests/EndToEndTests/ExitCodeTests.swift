import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// The exit codes of the program and the words that go with them.
@Suite struct ExitCodeTests {
    @Test func trainingAndAuditingARunSucceeds() throws {
        try Sandbox.with { sandbox in
            let trained = try sandbox.record(sandbox.runs.smpo())
            #expect(trained.errors.contains("recording run-1"))
            let head = try sandbox.value("chain head", in: trained)
            #expect(head.count == 64)
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            #expect(audit.output.contains("run-1: reproduced") && audit.output.contains(head))
            let json = try sandbox.program.run("audit", "run-1", "--json", "--isa", "baseline", "--workers", "2")
            #expect(json.status == 0)
            let report = JSONCursor(try JSONValue.parse(json.output, file: "stdout"), name: "report")
            #expect(try report["verdict"].string() == "reproduced")
            #expect(try report["chain_head"].string() == head)
        }
    }

    /// What a run hands over is looked at, and a manifest by itself proves nothing.
    @Test func theModelOfARunAndAManifestAlone() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            let program = sandbox.program
            #expect(try program.run("verify", "run-1").status == 0)
            let path = sandbox.runs.path(".smpo/runs/run-1/text_encoder/model.safetensors")
            let original = try FileContents.read(path)
            try AtomicFile.write(original.dropLast() + [original.last! ^ 1], to: path)
            for command in ["verify", "audit"] {
                let result = try program.run(command, "run-1")
                #expect(
                    result.status == 3 && result.output.contains("text_encoder/model.safetensors"), "\(result.output)")
            }
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let alone = try program.run("verify", "run-1")
            #expect(alone.status == 4 && alone.output.contains("run-1: incomparable"), "\(alone.output)")
            #expect(alone.output.contains("not checked  trained files"), "\(alone.output)")
            let audit = try program.run("audit", "run-1")
            #expect(audit.status == 0 && audit.output.contains(".smpo/runs/run-1 is not there"), "\(audit.output)")
        }
    }

    @Test func anAuditSaysWhatItFoundByItsExitCode() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let path = sandbox.workspace.manifest("run-1")
            let original = try FileContents.read(path)

            let text = String(decoding: original, as: UTF8.self)
            try AtomicFile.write(text.replacingOccurrences(of: "\"seed\": 11", with: "\"seed\": 10"), to: path)
            let tampered = try sandbox.program.run("audit", "run-1")
            #expect(tampered.status == 3)
            #expect(tampered.output.contains("tampered") && tampered.output.contains("manifest.digest"))
            try AtomicFile.write(original, to: path)

            try sandbox.forge { $0.outcome?.chainHead = .of(.document, "another") }
            let diverged = try sandbox.program.run("audit", "run-1", "--json")
            #expect(diverged.status == 1)
            #expect(diverged.output.contains("outcome.chain_head"))
            try AtomicFile.write(original, to: path)

            try sandbox.forge { $0.inputs.contract = "ref-9" }
            let incomparable = try sandbox.program.run("audit", "run-1")
            #expect(incomparable.status == 4)
            #expect(incomparable.output.contains("ref-9"))
            try AtomicFile.write(original, to: path)
            #expect(try sandbox.program.run("audit", "run-1").status == 0)

            let unknown = try sandbox.program.run("audit", "run-2")
            #expect(unknown.status == 2)
            #expect(unknown.errors.contains("no run named \"run-2\""))
        }
    }

    /// Two contracts are no divergence: by the exit code, by the text, on the page.
    @Test func runsOfTwoContractsAreIncomparable() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            var other = try Manifest.read(sandbox.workspace.manifest("run-1"))
            (other.run, other.inputs.contract) = ("run-2", "ref-9")
            try other.write(to: sandbox.workspace.manifest("run-2"))
            let text = try sandbox.program.run("diff", "run-1", "run-2")
            #expect(text.status == 4 && text.output.hasPrefix("run-1 and run-2: incomparable: "), "\(text.output)")
            #expect(text.output.contains("run-2 was recorded under ref-9"), "\(text.output)")
            let json = try sandbox.program.run("diff", "run-1", "run-2", "--json")
            #expect(json.status == 4)
            try AtomicFile.write(json.output, to: sandbox.runs.path("diff.json"))
            let page = try sandbox.program.run("report", "diff.json", "-o", "diff.html")
            #expect(page.status == 0, "\(page.output)\(page.errors)")
            let html = String(decoding: try FileContents.read(sandbox.runs.path("diff.html")), as: UTF8.self)
            #expect(html.contains("numbers of two contracts are not compared"))
        }
    }

    @Test(arguments: [
        ["train", "--nonsense"], ["audit"], ["audit", "a", "b"], ["train", "--name", "x"], ["nonsense"],
        ["train", "--workers", "0"], ["train", "--isa", "mmx"], ["train", "x.yaml", "--resume", "run-1"],
        ["train", "--dry-run", "--record"], ["init", "model", "m"],
        ["init", "model", "m", "--out", "o", "--dtype", "f8"],
        ["data", "latents", "--out", "o", "--shape", "4x64"], ["data", "latents", "--out", "o", "--shape", "4x64x32"],
        ["data", "latents", "--out", "o", "--pairs", "0"],
    ])
    func usageErrors(arguments: [String]) throws {
        try Sandbox.with { sandbox in
            let result = try sandbox.program.start(arguments).wait()
            #expect(result.status == 64)
            #expect(result.errors.contains("Error:") && result.errors.contains("Usage:"), "\(result.errors)")
            #expect(result.output.isEmpty)
        }
    }

    @Test(arguments: [
        [], ["train"], ["audit"], ["step"], ["init"], ["data"], ["data", "latents"], ["doctor"], ["diff"], ["digest"],
        ["inspect"], ["score"], ["label"],
    ])
    func helpEndsWithTheExitCodes(command: [String]) throws {
        try Sandbox.with { sandbox in
            let result = try sandbox.program.start(command + ["--help"]).wait()
            #expect(result.status == 0)
            let codes = result.output[try #require(result.output.range(of: "EXIT CODES\n")).upperBound...]
            for line in codes.split(separator: "\n") {
                #expect(line.wholeMatch(of: /\s+[0-9]+  .+/) != nil, "\(line)")
            }
            #expect(result.output.contains("USAGE: smpo") && result.output.contains("EXAMPLES"))
            for line in ["0  done", "2  trouble", "64  the command line is wrong"] {
                #expect(codes.contains(line), "\(codes)")
            }
            if command == ["audit"] || command == [] {
                #expect(codes.contains("3  tampered") && codes.contains("4  incomparable"))
            }
        }
    }
}
