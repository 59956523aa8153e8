import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo diff` of recorded runs: run-1; lean and rich, the same at other levels; other, with another learning rate.
@Suite(
    .recordedOnce { sandbox in
        let recipe = try sandbox.runs.smpo(steps: 3)
        // At the end, before another option, and with each level by name.
        for arguments in [
            ["--record"], ["--record", "steps", "--name", "lean"],
            ["--record", "operators", "--name", "rich", "--validate-every", "2", "--validate-pairs", "4"],
            ["--name", "other", "--set", "optimizer.lr=2e-3", "--record"],
        ] {
            let result = try sandbox.program.start(["train", recipe] + arguments).wait()
            #expect(result.status == 0, "\(result.errors)")
        }
    })
struct DiffTests {
    @Test func theLedgerKnowsTheLevelOfEachRun() throws {
        let ledger = try Sandbox.recorded.workspace.openLedger(readOnly: true)
        let levels = try ["run-1", "lean", "rich", "other"].map { try ledger.level(of: $0) }
        #expect(levels == [.tensors, .steps, .operators, .tensors])
        #expect(try ledger.measures(of: "rich").count == 2)
    }

    @Test func levelsMakeNoDifference() throws {
        let same = try Sandbox.recorded.program.run("diff", "lean", "rich")
        #expect(same.status == 0 && same.output.hasPrefix("lean and rich: the same"), "\(same.errors)")
    }

    @Test func aDifferenceIsTracedToTheRecipe() throws {
        let other = try Sandbox.recorded.program.run("diff", "run-1", "other")
        #expect(other.status == 1, "\(other.errors)")
        for words in [
            "run-1 and other: different", "step 1, phase update", "cause             recipe", "adamw unet/",
            "recipe.optimizer.lr: 0.001 | 0.002",
        ] { #expect(other.output.contains(words), "\(words): \(other.output)") }
    }

    @Test func aDifferenceAsJSONHasItsCause() throws {
        let json = try Sandbox.recorded.program.run("diff", "run-1", "other", "--no-rerun", "--json")
        let value = JSONCursor(try JSONValue.parse(Array(json.output.utf8), file: "out"), name: "out")
        #expect(json.status == 1)
        #expect(try value["cause"].string() == "recipe" && value["equal_steps"].int() == 0)
    }

    @Test func aRunThatIsNotThereIsTrouble() throws {
        let unknown = try Sandbox.recorded.program.run("diff", "run-1", "lost")
        #expect(unknown.status == 2 && unknown.errors.contains("lost"))
    }

    @Test func aRunThatDoesNotHoldIsNotCompared() throws {
        try Sandbox.withCopy { sandbox in
            try Self.sql(sandbox.workspace.ledger, "UPDATE steps SET head = zeroblob(32) WHERE run_id = 2")
            let tampered = try sandbox.program.run("diff", "run-1", "lean")
            #expect(
                tampered.status == 3 && tampered.output.contains("cause             tampering"), "\(tampered.output)")
        }
    }

    /// Runs SQL on a database with the command line tool.
    private static func sql(_ path: String, _ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = [path, sql]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
