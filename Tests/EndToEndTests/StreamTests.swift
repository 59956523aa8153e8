import Core
import Foundation
import Testing
import TinyRuns

/// Streams that are closed, full or left by their readers, and outputs that are no plain files. The shell sets them up.
@Suite struct StreamTests {
    private struct Ended {
        let status: Int32
        let text: String
    }

    /// Runs a line of sh in the sandbox's folder; `$smpo` is the program.
    private func shell(_ line: String, in folder: String) throws -> Ended {
        let (process, output) = (Process(), NSTemporaryDirectory() + "shell-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: output) }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["smpo": Program.executable.path]) { $1 }
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.standardInput = FileHandle.nullDevice
        let handle = try #require(FileHandle(forWritingAtPath: output))
        (process.standardOutput, process.standardError) = (handle, handle)
        try process.run()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, text: String(decoding: try FileContents.read(output), as: UTF8.self))
    }

    private static let full = "smpo: trouble: standard output: cannot write: No space left on device\n"

    /// Two files of a tensor each, `a` and another `b`.
    private func pair(_ sandbox: Sandbox) throws {
        for (name, byte) in [("a", UInt8(0)), ("b", 1)] {
            let header = Array(#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.utf8)
            let size = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
            try AtomicFile.write(size + header + [byte], to: sandbox.runs.path("\(name).safetensors"))
        }
    }

    @Test(arguments: [
        "diff a.safetensors a.safetensors", "diff a.safetensors b.safetensors --json",
        "digest a.safetensors", "inspect a.safetensors", "runs list --json", "keys list", "--help", "--version",
        "bench --work list", "diff --help",
    ])
    func whatCannotBePrintedIsTrouble(_ arguments: String) throws {
        try Sandbox.with { sandbox in
            try pair(sandbox)
            let full = try shell("$smpo \(arguments) 2>&1 > /dev/full", in: sandbox.runs.folder)
            #expect(full.status == 2 && full.text == StreamTests.full, "\(full)")
            let closed = try shell("$smpo \(arguments) 2>&1 >&-", in: sandbox.runs.folder)
            #expect(closed.status == 2 && closed.text.contains("standard output"), "\(closed)")
            // Neither closed nor full errors change an outcome.
            let plain = try shell("$smpo \(arguments) > /dev/null", in: sandbox.runs.folder)
            for silent in ["2>&-", "2>/dev/full", "2>&- 0<&-"] {
                let ended = try shell("$smpo \(arguments) \(silent) > /dev/null", in: sandbox.runs.folder)
                #expect(ended.status == plain.status, "\(silent): \(ended)")
            }
        }
    }

    @Test func aReaderThatLeavesIsNoError() throws {
        try Sandbox.with { sandbox in
            try pair(sandbox)
            // The reader is gone before a word is written.
            for (command, status) in [("$smpo --help", "141"), ("$smpo diff a.safetensors b.safetensors", "1")] {
                let ended = try shell(
                    "{ sleep 0.2; \(command) 2>errors; echo $? > status; } | true; wait; sleep 0.1; cat errors status",
                    in: sandbox.runs.folder)
                #expect(ended.text == "\(status)\n", "\(command): \(ended)")
            }
        }
    }

    /// Notes go nowhere, and no file of the run is where they would go.
    @Test(arguments: ["2>&-", "2>/dev/full", "0<&- 1>&- 2>&-", "2>&1 | true"])
    func aTrainingOutlivesItsErrorStream(_ streams: String) throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 3)
            _ = try shell(
                "$smpo train '\(recipe)' --record --workers 1 --validate-every 1 \(streams)", in: sandbox.runs.folder)
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            #expect(try sandbox.program.run("verify", "run-1").status == 0)
        }
    }

    /// As Control-C does; told twice, as the kernel and the shell do, it is not taken for impatience.
    @Test func aTerminalThatHangsUpEndsARunInGoodOrder() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 60, more: "record: {checkpoint_every: 1}")
            let running = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(running.waits(for: "step 1/60"))
            kill(running.process.processIdentifier, SIGHUP)
            kill(running.process.processIdentifier, SIGHUP)
            let stopped = running.wait()
            #expect(stopped.status == 130)
            #expect(stopped.errors.contains("smpo train --resume run-1"), "\(stopped.errors)")
            #expect(try sandbox.program.run("train", "--resume", "run-1").status == 0)
        }
    }

    @Test func underNohupARunGoesOn() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 12)
            let ended = try shell(
                """
                nohup $smpo train '\(recipe)' --record --workers 1 > out 2> errors &
                while ! grep -q 'recording' errors; do sleep 0.05; done
                kill -HUP $!; wait $!
                """, in: sandbox.runs.folder)
            #expect(ended.status == 0, "\(ended)")
        }
    }

    @Test func documentsGoThroughWhatIsNoFile() throws {
        try Sandbox.with { sandbox in
            try pair(sandbox)
            let folder = sandbox.runs.folder
            let diff = "$smpo diff a.safetensors a.safetensors"
            let page = try shell("\(diff) --html /dev/stdout", in: folder)
            #expect(page.status == 0 && page.text.hasPrefix("<!DOCTYPE html>"))
            #expect(page.text.hasSuffix("</html>\n"))
            // What a file holds already stays when it is appended to.
            let appended = try shell("echo before > log; \(diff) --html /dev/stdout >> log; cat log", in: folder)
            #expect(appended.text == "before\n" + page.text)
            let pipe = try shell(
                "mkfifo p; cat p > got & \(diff) --html p > text; wait; test -p p && cat got", in: folder)
            #expect(pipe.status == 0 && pipe.text == page.text)
            let full = try shell("\(diff) --html /dev/full", in: folder)
            #expect(
                full.status == 2 && full.text == "smpo: trouble: /dev/full: cannot write: No space left on device\n")
            let null = try shell("\(diff) --html /dev/null && test -c /dev/null && test -c /dev/full", in: folder)
            #expect(null.status == 0, "\(null)")
        }
    }

    @Test func outputsSpareInputsAndEvidence() throws {
        try Sandbox.with { sandbox in
            try pair(sandbox)
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 1))
            let folder = sandbox.runs.folder
            _ = try shell(
                "ln -s a.safetensors link; ln b.safetensors hard; mkdir m; cp a.safetensors m/model.safetensors",
                in: folder)
            // SQLite keeps two files beside a ledger that is open.
            let list = "find . -type f ! -name '*-wal' ! -name '*-shm' | sort | xargs sha256sum"
            let before = try shell(list, in: folder)
            for line in [
                "diff a.safetensors b.safetensors --html a.safetensors",
                "diff a.safetensors b.safetensors --html link", "diff a.safetensors b.safetensors --html hard",
                "diff a.safetensors m --html m/model.safetensors",
                "diff a.safetensors b.safetensors --html Manifests/run-1.json",
                "runs export run-1 --out .smpo/ledger.sqlite", "prove run-1 --step 1 --out Manifests/run-1.json",
            ] {
                let ended = try shell("$smpo \(line)", in: folder)
                #expect(
                    ended.status == 64 && ended.text.contains("expected") || ended.text.contains("itself"), "\(ended)")
            }
            // Evidence is not only what is there: nothing may be put among it either.
            for line in [
                "prove run-1 --step 1 --out .smpo/runs/run-1/unet/config.json",
                "prove run-1 --step 1 --out .smpo/runs/run-1/model_index.json",
                "prove run-1 --step 1 --out Manifests/new.json", "prove run-1 --step 1 --out Golden/run-9/new.json",
                "report run-1 -o Manifests/page.html", "runs export run-1 --format ro-crate --out Golden/run-9",
                "runs export run-1 --format mlflow --out .smpo/runs/run-1",
                "runs export run-1 --format tensorboard --out Manifests/logs",
                "runs export run-1 --format csv --out .smpo/runs/run-1/unet/diffusion_pytorch_model.safetensors",
                "data latents --pairs 2 --shape 4x4x4 --out Golden/pairs",
                "data latents --pairs 2 --shape 4x4x4 --out .smpo/runs/run-1 --replace",
                "diff a.safetensors b.safetensors --html trap/page.html",
            ] {
                let ended = try shell("mkdir -p Golden; ln -sfn Golden trap; $smpo \(line)", in: folder)
                #expect(ended.status == 64 && ended.text.contains("over evidence in"), "\(line): \(ended)")
            }
            let after = try shell("rm trap; \(list)", in: folder)
            #expect(after.text == before.text, "\(after.text) | \(before.text)")
            // Pages and pictures may lie beside a run's model, and count for nothing there.
            for _ in 1...2 {
                let page = try sandbox.program.run("report", "run-1", "-o", ".smpo/runs/run-1/report.html")
                #expect(page.status == 0, "\(page.errors)")
            }
            let verified = try sandbox.program.run("verify", "run-1")
            #expect(verified.status == 0 && verified.output.contains("for people"), "\(verified.output)")
            // A new file beside an input destroys nothing.
            #expect(try sandbox.program.run("diff", "a.safetensors", "m", "--html", "m/page.html").status == 0)
        }
    }
}
