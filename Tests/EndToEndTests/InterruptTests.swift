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
}
