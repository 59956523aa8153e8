import Core
import Foundation
import Testing
import TinyRuns

/// The processes of `smpo gate`, on a golden run that takes a while.
@Suite(.goldenOnce(steps: 400)) struct GateProcessTests {
    /// As many steps as fit, at least one of each run, and it says which.
    @Test func aQuickGateSaysWhatItLeftOut() throws {
        let sandbox = try Sandbox.recorded
        let quick = try sandbox.gate("--quick", "2", "--format", "json")
        #expect(quick.status == 0, "\(quick.output)\(quick.errors)")
        let one = try quick.report()["cases"][0]
        let last = try one["checked"][1].int()
        #expect(try 1..<400 ~= last && one["unchecked"].value?.canonical == "[[\(last + 1),400]]")
        let text = try sandbox.gate("one", "--quick", "1")
        #expect(text.output.contains("of 400; not replayed: "), "\(text.output)")
        #expect(
            text.output.hasSuffix(
                "gate open: 1 reproduced; 1 of 1 replayed in part only; 1 golden run not selected\n"),
            "\(text.output)")
    }

    /// Control-C ends it and its processes; nothing is printed as if it had passed.
    @Test func anInterruptEndsIt() throws {
        let running = try Sandbox.recorded.program.start(["gate", "--workers", "1"])
        #expect(running.waits(for: "golden run 1/2"))
        let children = running.children
        running.process.interrupt()
        let stopped = running.wait()
        #expect(stopped.status == 130 && stopped.output.isEmpty, "\(stopped.output)\(stopped.errors)")
        // Waited for, so that their numbers are nobody's now.
        #expect(!children.isEmpty)
        for child in children { #expect(kill(child, 0) != 0, "\(child) runs on") }
    }

    /// A process that is killed is no pass.
    @Test func aProcessThatDiesIsTrouble() throws {
        let running = try Sandbox.recorded.program.start(["gate", "one", "--format", "json"])
        while running.children.isEmpty, running.process.isRunning { usleep(5000) }
        let child = try #require(running.children.first)
        kill(child, SIGKILL)
        let result = running.wait()
        #expect(result.status == 2, "\(result.output)\(result.errors)")
        #expect(try result.outcomes() == ["one trouble"])
        #expect(try result.report()["cases"][0]["reason"].string().hasSuffix("ended by signal 9"))
    }
}
