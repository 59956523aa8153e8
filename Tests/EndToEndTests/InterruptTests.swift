import Digests
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
            let again = try sandbox.program.run("train", "--resume", "run-1")
            #expect(again.status == 2 && again.errors.contains("finished"), "\(again.errors)")
        }
    }

    @Test func theSecondOfTwoWritersIsToldWhoWrites() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 150)
            let first = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(first.waits(for: "step 1/150"))
            let second = try sandbox.program.run("train", recipe, "--record", "--workers", "1")
            #expect(second.status == 2)
            let holder = "(run-1, process \(first.process.processIdentifier))"
            #expect(second.errors.contains("in use") && second.errors.contains(holder), "\(second.errors)")
            // The audit of a run that is being written only reads.
            let result = first.wait()
            #expect(result.status == 0, "\(result.errors)")
            let store = try sandbox.workspace.openLedger()
            #expect(try store.runs().map(\.name) == ["run-1"])
            #expect(try store.verify("run-1", objects: sandbox.workspace.objects).chain.count == 150)
        }
    }
}
