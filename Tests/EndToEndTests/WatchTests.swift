import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo watch` beside a run that is being recorded.
@Suite struct WatchTests {
    /// The watcher sees the steps and the end, and the run comes to the same chain head as unwatched.
    @Test func followsARunWithoutDisturbingIt() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 40)
            let running = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(running.waits(for: "recording run-1"))
            let watching = try sandbox.program.start(["watch", "run-1", "--every", "0.1", "--json"])
            let watched = running.wait()
            #expect(watched.status == 0, "\(watched.errors)")
            let seen = watching.wait()
            #expect(seen.status == 0, "\(seen.errors)")

            let looks = try seen.output.split(separator: "\n").map {
                JSONCursor(try JSONValue.parse(Array($0.utf8), file: "look"), name: "look")
            }
            let steps = try looks.map { try $0["step"].int() }
            #expect(steps == steps.sorted() && steps.last == 40)
            let last = try #require(looks.last)
            #expect(try last["state"].string() == "finished" && last["steps"].int() == 40)
            #expect(try last["chain_head"].string() == (try sandbox.value("chain head", in: watched)))

            let alone = try sandbox.program.run("train", recipe, "--record", "--name", "alone")
            #expect(try sandbox.value("chain head", in: alone) == (try sandbox.value("chain head", in: watched)))
            let text = try sandbox.program.run("watch", "run-1")
            #expect(text.status == 0 && text.output.hasPrefix("run-1  finished  step 40/40  loss "), "\(text.output)")
        }
    }

    /// A run whose process was killed is not watched for ever.
    @Test func tellsAnAbandonedRun() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 400)
            let running = try sandbox.program.start(["train", recipe, "--record", "--workers", "1"])
            #expect(running.waits(for: "step 1/400"))
            kill(running.process.processIdentifier, SIGKILL)
            _ = running.wait()
            let watched = try sandbox.program.run("watch", "run-1")
            #expect(watched.status == 0 && watched.output.contains("abandoned"), "\(watched.output)")
            #expect(watched.errors.contains("smpo train --resume run-1"))
            #expect(try sandbox.program.run("watch", "run-2").status == 2)
            #expect(try sandbox.program.run("watch", "run-1", "--every", "0").status == 64)
        }
    }
}
