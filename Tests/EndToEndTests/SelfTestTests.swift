import Core
import Foundation
import Testing
import TinyRuns

/// `smpo audit --self-test`.
@Suite struct SelfTestTests {
    @Test func theScoreIsTheLastLineAndTheExitCode() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(more: "record: {checkpoint_every: 1}"))
            let result = try sandbox.program.run("audit", "run-1", "--self-test", "--workers", "1")
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let score = try #require(result.output.split(separator: "\n").last)
            let match = try #require(
                score.wholeMatch(of: /(\d+) of (\d+) mutants caught, (\d+) of (\d+) .*, \d+ not made/))
            #expect(match.1 == match.2 && match.3 == match.4 && Int(match.1)! >= 13, "\(score)")
            #expect(result.output.contains("not made, because the run is not in a golden log here:"))

            let json = try sandbox.program.run("audit", "run-1", "--self-test", "--json", "--workers", "2")
            #expect(json.status == 0, "\(json.errors)")
            let report = JSONCursor(try JSONValue.parse(json.output, file: "stdout"), name: "report")
            #expect(
                try report["schema"].int() == 1 && report["whole"].bool() && report["score"].string() == String(score))

            // Dealt out to processes, the mutants get the verdicts that they get in one.
            let spread = try sandbox.program.run(
                "audit", "run-1", "--self-test", "--json", "--workers", "4", "--jobs", "3")
            #expect(spread.status == 0, "\(spread.errors)")
            #expect(spread.output == json.output)

            for wrong in [
                ["--segment", "1..1"], ["--sample", "1"], ["--sign", "alice"], ["--no-localize"], ["--share", "3/2"],
                ["--share", "1/2", "--jobs", "2"],
            ] {
                let result = try sandbox.program.start(["audit", "run-1", "--self-test"] + wrong).wait()
                #expect(result.status == 64, "\(wrong): \(result.errors)")
            }
        }
    }

    /// A run that does not pass by itself ends as its audit would.
    @Test func aRunThatDoesNotPassHasNoScore() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            try sandbox.forge { $0.inputs.contract = "ref-9" }
            let tampered = try sandbox.program.run("audit", "run-1", "--self-test")
            #expect(tampered.status == 3 && tampered.output.contains("run-1: tampered"), "\(tampered.output)")
            #expect(tampered.output.contains("no self-test") && !tampered.output.contains("mutants caught"))
            let spread = try sandbox.program.run("audit", "run-1", "--self-test", "--jobs", "2")
            #expect(spread.status == 3 && spread.output == tampered.output, "\(spread.output)\(spread.errors)")
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let incomparable = try sandbox.program.run("audit", "run-1", "--self-test")
            #expect(incomparable.status == 4 && incomparable.output.contains("ref-9"), "\(incomparable.output)")
            #expect(try sandbox.program.run("audit", "run-2", "--self-test").status == 2)
        }
    }
}
