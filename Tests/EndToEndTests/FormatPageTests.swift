import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// The page on formats: its commands are run as they stand there, by `bash` and the tools that it names, on a run of this
/// program and on run-42.
@Suite struct FormatPageTests {
    /// The page's commands, one script. A line `A   # = B` fails unless A and B print the same.
    private func script() throws -> (text: String, comparisons: Int) {
        let page = try SourceTree.text("Sources/Ledger/FORMAT.md")
        var (lines, isInside, comparisons): ([String], Bool, Int) = (["set -euo pipefail"], false, 0)
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = line == "```bash"
            } else if isInside, let mark = line.range(of: "# = ") {
                comparisons += 1
                lines += [
                    "found=$(\(line[..<mark.lowerBound]))", "expected=$(\(line[mark.upperBound...]))",
                    "if [ -z \"$found\" ] || [ \"$found\" != \"$expected\" ]; then",
                    "echo \"comparison \(comparisons): expected $expected, found $found\" >&2; exit 1; fi",
                    "echo compared >> comparisons",
                ]
            } else if isInside {
                lines.append(String(line))
            }
        }
        return (lines.joined(separator: "\n") + "\n", comparisons)
    }

    private func bash(_ script: String, in folder: String) throws -> (status: Int32, errors: String) {
        try AtomicFile.write(script, to: folder + "/page.sh")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["page.sh"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test func itsCommandsHold() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 5))
            #expect(try sandbox.program.run("prove", "run-1", "--step", "2").status == 0)
            let banded = try sandbox.runs.smpo(more: "backend: openblas")
            for arguments in [
                ["calibrate", banded, "-o", "band.json", "--steps", "2", "--core-types", "", "--threads", "1"],
                ["train", banded, "--record", "--name", "second", "--band", "band.json"],
            ] {
                let result = try sandbox.program.start(arguments + ["--workers", "1"]).wait()
                #expect(result.status == 0, "\(result.errors)")
            }
            for arguments in [["keys", "generate", "alice"], ["sign", "run-1", "--key", "alice"]] {
                let result = try sandbox.program.start(arguments + ["--keys", sandbox.runs.folder]).wait()
                #expect(result.status == 0, "\(result.errors)")
            }
            for path in ["Manifests/run-42.json", "Golden/run-42"] {
                try FileContents.makeFolder(sandbox.runs.path("Golden"))
                try FileManager.default.copyItem(
                    atPath: "\(SourceTree.root)/\(path)", toPath: sandbox.runs.path(path))
            }
            let script = try script()
            let result = try bash(script.text, in: sandbox.runs.folder)
            #expect(result.status == 0, "\(result.errors)")
            let done = String(decoding: try FileContents.read(sandbox.runs.path("comparisons")), as: UTF8.self)
            // Those in loops are compared for each of five steps, and for each file of the model.
            let files = try Manifest.read(sandbox.workspace.manifest("run-1")).outcome?.files?.count ?? 0
            #expect(files >= 7 && script.comparisons == 19)
            #expect(done.split(separator: "\n").count == script.comparisons + 4 + files - 1)

            // A changed byte does not pass.
            let log = sandbox.runs.path("Golden/run-42/log.jsonl")
            let text = String(decoding: try FileContents.read(log), as: UTF8.self)
            try AtomicFile.write(text.replacingOccurrences(of: "\"step\":2}", with: "\"step\":3}"), to: log)
            #expect(try bash(script.text, in: sandbox.runs.folder).status != 0)
        }
    }

    /// A proof on its own, and one that speaks of another run.
    @Test func aProofNeedsNothingElse() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 3))
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 4))
            let made = try sandbox.program.run("prove", "run-1", "--step", "3", "--out", "p.json")
            #expect(made.status == 0 && made.output.contains("p.json written"), "\(made.errors)")
            #expect(try sandbox.program.run("prove", "run-1", "--step", "4").status == 64)
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let right = try sandbox.program.run("verify", "--proof", "p.json", "--manifest", "Manifests/run-1.json")
            #expect(right.status == 0 && right.output.contains("run-1, step 3 of 3: verified"), "\(right.errors)")
            let wrong = try sandbox.program.run("verify", "--proof", "p.json", "--manifest", "Manifests/run-2.json")
            #expect(wrong.status == 3 && wrong.errors.contains("manifest.digest"), "\(wrong.errors)")
            // A manifest alone says nothing of the other steps.
            let alone = try sandbox.program.run("verify", "run-1")
            #expect(alone.status == 4, "\(alone.output)\(alone.errors)")
            #expect(alone.output.contains("not checked  ledger"), "\(alone.output)")
        }
    }
}
