import Core
import Foundation
import Ledger
import SeededRandom
import Testing
import TinyRuns

/// A recorded run whose process or machine stops at any moment: what the ledger holds then verifies and is the
/// beginning of the whole run, and taken up again the run ends with the same chain head.
///
/// A few moments each here; `make crash` tries hundreds.
@Suite struct CrashTests {
    /// How often the test is to strike.
    private static func strikes(_ name: String, otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? otherwise
    }

    /// The whole run: its steps' digests, its head, and the seconds that it took.
    private struct Whole {
        let recipe: String
        let steps: [Digest]
        let head: Digest
        let seconds: Double

        init(_ sandbox: Sandbox) throws {
            recipe = try sandbox.runs.smpo(steps: 24, more: "record: {checkpoint_every: 5}", training: ", ema: 0.9")
            let begin = Date()
            _ = try sandbox.record(recipe)
            seconds = Date().timeIntervalSince(begin)
            let chain = try sandbox.workspace.openLedger().verify("run-1").chain
            (steps, head) = (chain.steps, chain.head)
        }
    }

    /// A new folder with the whole run's recipe.
    private func another(_ body: (Sandbox) throws -> Void) throws { try Sandbox.with(body) }

    /// Looks at what a crash left: nothing yet, or a run of some of the whole one's steps, none of them damaged.
    private func check(_ workspace: Workspace, _ whole: Whole, _ context: Comment) throws -> RunSummary? {
        // An empty file is what the first moments of a ledger leave.
        guard let size = FileContents.size(workspace.ledger), size > 0 else { return nil }
        let store: LedgerStore
        do { store = try workspace.openLedger() } catch {
            Issue.record("\(context): \(error)")
            return nil
        }
        guard let run = try store.runs().first else { return nil }
        do {
            let chain = try store.verify(run.name, objects: workspace.objects).chain
            #expect(chain.steps == Array(whole.steps.prefix(chain.count)), context)
        } catch {
            Issue.record("\(context): \(error)")
        }
        return run
    }

    /// Takes the run up, or records it if nothing is left of it, and compares its end.
    private func complete(_ sandbox: Sandbox, _ whole: Whole, _ context: Comment) throws {
        let run = try check(sandbox.workspace, whole, context)
        let arguments = run.map { ["train", "--resume", $0.name] } ?? ["train", whole.recipe, "--record"]
        let result = try sandbox.program.start(arguments + ["--workers", "1"]).wait()
        #expect(result.status == 0, "\(context): \(result.errors)")
        let manifest = try Manifest.read(sandbox.workspace.manifest(run?.name ?? "run-1"))
        #expect(manifest.outcome?.chainHead == whole.head, context)
        let verified = try sandbox.program.run("verify", run?.name ?? "run-1")
        #expect(verified.status == 0, "\(context): \(verified.output)\(verified.errors)")
    }

    @Test func aKilledRunIsTakenUpAgain() throws {
        let strikes = CrashTests.strikes("SMPO_KILLS", otherwise: 6)
        var generator = SplitMix(state: 17)
        try Sandbox.with { first in
            let whole = try Whole(first)
            var done = 0
            while done < strikes {
                try another { sandbox in
                    repeat {
                        let run = try check(sandbox.workspace, whole, "kill \(done)")
                        let arguments =
                            run.map { ["train", "--resume", $0.name] } ?? ["train", whole.recipe, "--record"]
                        let running = try sandbox.program.start(arguments + ["--workers", "1"])
                        usleep(UInt32(Double.random(in: 0...1.1 * whole.seconds, using: &generator) * 1e6))
                        let isAlive = running.process.isRunning
                        kill(running.process.processIdentifier, SIGKILL)
                        _ = running.wait()
                        if isAlive { done += 1 }
                    } while done < strikes && Bool.random(using: &generator)
                    try complete(sandbox, whole, "after kill \(done)")
                }
            }
            if strikes >= 100 {
                print("killed \(done) times at random moments; every run ended with the same chain head")
            }
        }
    }

    @Test func aPowerCutLosesOnlyTheLastSteps() throws {
        let strikes = CrashTests.strikes("SMPO_POWER_CUTS", otherwise: 6)
        var generator = SplitMix(state: 18)
        try Sandbox.with { first in
            let whole = try Whole(first)
            let cut = try PowerCut(in: first)
            func record(_ sandbox: Sandbox, _ more: [String: String]) throws -> Program.Result {
                try cut.run(["train", whole.recipe, "--record", "--workers", "1"], in: sandbox, more)
            }
            var changes = 0
            try another { sandbox in
                changes = try cut.changes(["train", whole.recipe, "--record", "--workers", "1"], in: sandbox)
            }
            // Each step writes to the ledger and stores its latents: a library that sees less was not preloaded.
            #expect(changes > 10 * whole.steps.count)
            for strike in 1...strikes {
                let moment = Int.random(in: 1...changes, using: &generator)
                try another { sandbox in
                    let result = try record(
                        sandbox, ["POWERCUT_AFTER": "\(moment)", "POWERCUT_SEED": "\(strike)"])
                    #expect(result.status == 1000 + SIGKILL, "cut \(moment): \(result.status) \(result.errors)")
                    try? FileManager.default.removeItem(atPath: sandbox.workspace.ledger + "-shm")
                    try complete(sandbox, whole, "power cut at change \(moment) of \(changes), seed \(strike)")
                }
            }
            if strikes >= 100 {
                print("cut \(strikes) times at random changes; every run ended with the same chain head")
            }
        }
    }
}
