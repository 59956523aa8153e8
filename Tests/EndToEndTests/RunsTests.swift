import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo runs`, of run-1 and run-2, which are the same and share every object, and of run-3 by another recipe.
@Suite(
    .recordedOnce { sandbox in
        let recipe = try sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}")
        _ = try sandbox.record(recipe)
        _ = try sandbox.record(recipe)
        _ = try sandbox.record(try sandbox.runs.base(steps: 2))
    })
struct RunsTests {
    private func listed(_ sandbox: Sandbox, _ arguments: String...) throws -> [String] {
        let result = try sandbox.program.start(["runs", "list"] + arguments).wait()
        #expect(result.status == 0, "\(result.errors)")
        return result.output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    }

    @Test func runsAreListedByWhatIsAskedFor() throws {
        let sandbox = try Sandbox.recorded
        #expect(try listed(sandbox) == ["run-1", "run-2", "run-3"])
        #expect(try listed(sandbox, "--recipe", "tiny-base") == ["run-3"])
        #expect(try listed(sandbox, "--state", "finished", "--last", "2") == ["run-2", "run-3"])
        #expect(try listed(sandbox, "--since", "2999-01-01") == ["no"])
        #expect(try sandbox.program.run("runs", "list", "--state", "lost").status == 64)
    }

    @Test func anExportIsTheGoldenLogByteForByte() throws {
        try Sandbox.withCopy { sandbox in
            #expect(try sandbox.program.run("golden", "accept", "run-1").status == 0)
            let lines = try sandbox.program.run("runs", "export", "run-1")
            let log = try FileContents.read(sandbox.workspace.golden("run-1") + "/log.jsonl")
            #expect(lines.status == 0 && Array(lines.output.utf8) == log)
        }
    }

    @Test func aTableHasNumbersThatGiveTheRecordedBits() throws {
        try Sandbox.withCopy { sandbox in
            let export = try sandbox.program.run("runs", "export", "run-1", "--format", "csv", "--out", "run.csv")
            #expect(export.status == 0)
            let rows = String(decoding: try FileContents.read(sandbox.runs.path("run.csv")), as: UTF8.self)
                .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            #expect(rows.count == 5 && rows[0].joined(separator: ",").hasPrefix("step,loss,"))
            for (row, step) in zip(rows.dropFirst(), try sandbox.workspace.openLedger().steps(of: "run-1")) {
                let loss = try #require(Float(row[1])).bitPattern
                #expect(step.record[.loss]?["loss"]?.value == .float32([loss]) && row.last == step.head.hex[...])
            }
        }
    }

    @Test func pruningSaysWhatItWouldRemove() throws {
        // run-1 and run-2 share every object: one alone frees none.
        let sandbox = try Sandbox.recorded
        let dry = try sandbox.program.run("runs", "prune", "run-1")
        #expect(dry.output.contains("would remove run-1: 4 steps; 0 objects"), "\(dry.output)\(dry.errors)")
        #expect(try listed(sandbox).count == 3)
    }

    @Test func aRunWithoutItsCheckpointsStillHolds() throws {
        try Sandbox.withCopy { sandbox in
            let less = try sandbox.program.run("runs", "prune", "run-3", "--checkpoints", "--yes")
            #expect(
                less.status == 0 && less.output.contains("removed checkpoints of run-3; 0 objects"), "\(less.output)")
            #expect(try sandbox.program.run("verify", "run-3").status == 0)
        }
    }

    @Test func aGoldenRunOutlivesItsRowsInTheLedger() throws {
        try Sandbox.withCopy { sandbox in
            let program = sandbox.program
            #expect(try program.run("golden", "accept", "run-1").status == 0)
            let both = try program.run("runs", "prune", "run-1", "run-2", "--yes")
            #expect(both.status == 0 && both.output.contains("8 steps; 6 objects"), "\(both.output)\(both.errors)")
            // The golden run is listed too, last.
            #expect(try listed(sandbox).first == "run-3")
            #expect(try program.run("runs", "prune", "run-1").status == 2)
            // Its golden log and its manifest are still there.
            #expect(try program.run("audit", "run-1").status == 0)
        }
    }
}
