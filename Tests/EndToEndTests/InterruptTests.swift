import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Signals and several processes at once.
@Suite struct InterruptTests {
    @Test func anInterruptedRunIsTakenUpAndEndsTheSame() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 60, more: "record: {checkpoint_every: 1}")
            let running = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(running.waits(for: "step 1/60"))
            running.process.interrupt()
            let stopped = running.wait()
            #expect(stopped.status == 130)
            #expect(stopped.errors.contains("smpo train --resume run-1"), "\(stopped.errors)")
            let steps = try sandbox.workspace.openLedger().verify("run-1").chain.count
            #expect(1..<60 ~= steps)
            #expect(!FileContents.exists(sandbox.workspace.manifest("run-1")))

            let resumed = try sandbox.program.run("train", "--resume", "run-1", "--workers", "2")
            #expect(resumed.status == 0, "\(resumed.errors)")
            let whole = try sandbox.program.run("train", recipe, "--record", "--name", "whole")
            #expect(try sandbox.value("chain head", in: resumed) == (try sandbox.value("chain head", in: whole)))
            #expect(
                try sandbox.value("weights digest", in: resumed) == (try sandbox.value("weights digest", in: whole)))
            // Nothing is left to compute: manifest and model are written again, and only they.
            try FileManager.default.removeItem(atPath: sandbox.workspace.manifest("run-1"))
            try FileManager.default.removeItem(atPath: sandbox.workspace.model("run-1"))
            let again = try sandbox.program.run("train", "--resume", "run-1")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try sandbox.value("chain head", in: again) == (try sandbox.value("chain head", in: whole)))
            #expect(again.errors.contains("run-1 is finished"), "\(again.errors)")
            #expect(FileContents.exists(sandbox.workspace.manifest("run-1")))
            #expect(FileContents.exists(sandbox.workspace.model("run-1") + "/unet/config.json"))
        }
    }

    /// Several trainings into one new ledger, started at once, and a second process for one of the runs.
    @Test func severalProcessesRecordAtOnce() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 40)
            let running = try (0..<4).map { _ in
                try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            }
            #expect(running[0].waits(for: "recording run-"))
            let first = try #require(try sandbox.workspace.openLedger(readOnly: true).runs().first?.name)
            let second = try sandbox.program.run("train", "--resume", first, "--workers", "1")
            #expect(second.status == 2)
            #expect(second.errors.contains("\(first): the run is being recorded by process "), "\(second.errors)")
            let results = running.map { $0.wait() }
            for result in results { #expect(result.status == 0, "\(result.errors)") }
            let store = try sandbox.workspace.openLedger()
            #expect(try store.runs().map(\.name).sorted() == ["run-1", "run-2", "run-3", "run-4"])
            let heads = try (1...4).map {
                try store.verify("run-\($0)", objects: sandbox.workspace.objects).chain.head
            }
            #expect(Set(heads).count == 1)
        }
    }

    /// The processes that replay parts of a run end with the one that started them, whichever signal ends it.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func noReplayOutlivesTheAuditThatStartedIt(_ signal: Int32) throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 60, more: "record: {checkpoint_every: 30}"))
            let audit = try sandbox.program.start([
                "audit", "run-1", "--sample", "2", "--jobs", "2", "--workers", "2",
            ])
            var children: [Int32] = []
            while audit.process.isRunning, children.count < 2 {
                children = audit.children
                usleep(1000)
            }
            try #require(children.count == 2)
            kill(audit.process.processIdentifier, signal)
            #expect(audit.wait().status == 130)
            // Waited for by the audit, so that their numbers are nobody's now.
            for child in children { #expect(kill(child, 0) != 0, "\(child) runs on") }
        }
    }

    /// What is recorded and measured stays where Control-C stops a calibration, and the same command ends it.
    @Test func aCalibrationGoesOnWhereItWasStopped() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(more: "backend: openblas")
            let arguments = [
                "calibrate", recipe, "-o", "band.json", "--steps", "2", "--core-types", "Bogus", "--threads", "1,2,3",
                "--workers", "1",
            ]
            func folders() throws -> [String] {
                try FileContents.names(in: sandbox.runs.path(".smpo")).filter { $0.hasPrefix("calibration-") }
            }
            let running = try sandbox.program.start(arguments)
            #expect(running.waits(for: "recorded step 2/2"))
            while running.process.isRunning,
                try folders().allSatisfy({
                    try FileContents.names(in: sandbox.runs.path(".smpo/\($0)/results")).isEmpty
                })
            { usleep(1000) }
            running.process.interrupt()
            #expect(running.wait().status == 130)
            #expect(!FileContents.exists(sandbox.runs.path("band.json")))
            #expect(try folders().count == 1)

            let second = try sandbox.program.start(arguments).wait()
            #expect(second.status == 0, "\(second.errors)")
            #expect(!second.errors.contains("recorded step"), "\(second.errors)")
            #expect(try folders().isEmpty)
            #expect(second.output.contains("reference") && second.output.contains("Bogus"), "\(second.output)")
            let band = try FileContents.read(sandbox.runs.path("band.json"))
            #expect(try sandbox.program.start(arguments).wait().output == second.output)
            #expect(try FileContents.read(sandbox.runs.path("band.json")) == band)
        }
    }
}
