import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo diff`, and the levels of `smpo train --record`.
@Suite struct DiffTests {
    @Test func runsAreComparedByTheirNames() throws {
        try Sandbox.with { sandbox in
            let (program, recipe) = (sandbox.program, try sandbox.runs.smpo(steps: 3))
            func train(_ arguments: String...) throws {
                let result = try program.start(["train", recipe] + arguments).wait()
                #expect(result.status == 0, "\(result.errors)")
            }
            // At the end, before another option, and with each level by name.
            try train("--record")
            try train("--record", "steps", "--name", "lean")
            try train("--record", "operators", "--name", "rich", "--validate-every", "2", "--validate-pairs", "4")
            try train("--name", "other", "--set", "optimizer.lr=2e-3", "--record")
            let levels = try ["run-1", "lean", "rich", "other"].map { try sandbox.workspace.openLedger().level(of: $0) }
            #expect(levels == [.tensors, .steps, .operators, .tensors])
            #expect(try sandbox.workspace.openLedger().measures(of: "rich").count == 2)

            let same = try program.run("diff", "lean", "rich")
            #expect(same.status == 0 && same.output.hasPrefix("lean and rich: the same"), "\(same.errors)")
            let other = try program.run("diff", "run-1", "other")
            #expect(other.status == 1, "\(other.errors)")
            for words in [
                "run-1 and other: different", "step 1, phase update", "cause             recipe", "adamw unet/",
                "recipe.optimizer.lr: 0.001 | 0.002",
            ] { #expect(other.output.contains(words), "\(words): \(other.output)") }
            let json = try program.run("diff", "run-1", "other", "--no-rerun", "--json")
            let value = JSONCursor(try JSONValue.parse(Array(json.output.utf8), file: "out"), name: "out")
            #expect(json.status == 1)
            #expect(try value["cause"].string() == "recipe" && value["equal_steps"].int() == 0)
            let unknown = try program.run("diff", "run-1", "lost")
            #expect(unknown.status == 2 && unknown.errors.contains("lost"))

            _ = try Sandbox.sql(sandbox.workspace.ledger, "UPDATE steps SET head = zeroblob(32) WHERE run_id = 2")
            let tampered = try program.run("diff", "run-1", "lean")
            #expect(
                tampered.status == 3 && tampered.output.contains("cause             tampering"), "\(tampered.output)")
        }
    }

    @Test func levelsAndSpectatorsAreChecked() throws {
        try Sandbox.with { sandbox in
            let (program, recipe) = (sandbox.program, try sandbox.runs.smpo(steps: 1))
            let wrong = try program.run("train", recipe, "--record", "everything")
            #expect(wrong.status == 64 && wrong.errors.contains("steps, tensors, operators"), "\(wrong.errors)")
            #expect(try program.run("train", recipe, "--validate-every", "2").status == 64)
            #expect(try program.run("train", recipe, "--record", "--sample-every", "0").status == 64)
            // --record RECIPE
            let turned = try program.run("train", "--record", recipe, "--sample-every", "1")
            #expect(turned.status == 0, "\(turned.errors)")
            #expect(FileContents.exists(sandbox.workspace.model("run-1") + "/samples/step-000001.png"))
            #expect(try program.run("verify", "run-1").status == 0)
        }
    }
}

extension Sandbox {
    /// Runs SQL on a database with the command line tool.
    fileprivate static func sql(_ path: String, _ sql: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = [path, sql]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return process.terminationStatus
    }
}
