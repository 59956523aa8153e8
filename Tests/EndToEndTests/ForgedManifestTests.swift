import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// A manifest that stands alone, without golden log or ledger, and says something else of a run than what it came to.
@Suite struct ForgedManifestTests {
    private func status(_ sandbox: Sandbox, _ arguments: String...) throws -> Int32 {
        try sandbox.program.start(arguments + ["--workers", "1"]).wait().status
    }

    /// `report --replay` says what `audit` says: it is the same replay and the same judgement.
    @Test func aReportIsAsStrictAsAnAudit() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 2))
            let honest = try Manifest.read(sandbox.workspace.manifest("run-1"))
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            #expect(try status(sandbox, "report", "run-1", "--replay") == 0)
            func forge(_ change: (inout ManifestOutcome) -> Void) throws {
                var manifest = honest
                manifest.run = "forged"
                if var outcome = manifest.outcome {
                    change(&outcome)
                    manifest.outcome = outcome
                }
                try manifest.write(to: sandbox.workspace.manifest("forged"))
            }
            try forge { $0.steps = 1 }
            for arguments in [["audit"], ["report"], ["verify"], ["prove"]] {
                let options = ["report": ["--replay"], "prove": ["--step", "1"]][arguments[0]] ?? []
                let result = try sandbox.program.start(arguments + ["forged"] + options).wait()
                #expect(result.status == 3, "\(arguments): \(result.output)\(result.errors)")
            }
            #expect(try status(sandbox, "audit", "forged", "--self-test") == 3)
            let sample = try sandbox.program.run("audit", "forged", "--sample", "1", "--json", "--workers", "1")
            #expect(sample.status == 3 && sample.output.contains("outcome.steps"), "\(sample.output)\(sample.errors)")
            let zero = try #require(Digest(hex: String(repeating: "0", count: 64)))
            let changes: [(String, (inout ManifestOutcome) -> Void)] = [
                ("steps_root", { $0.stepsRoot = zero }), ("chain_head", { $0.chainHead = zero }),
                ("weights_digest", { $0.weightsDigest = zero }),
            ]
            for (name, change) in changes {
                try forge(change)
                #expect(try status(sandbox, "audit", "forged") == 1, "\(name)")
                let page = try sandbox.program.run("report", "forged", "--replay", "--workers", "1")
                #expect(page.status == 1 && page.output.contains("✗ diverged"), "\(name): \(page.output)")
                #expect(page.output.contains("outcome.\(name)"), "\(name): \(page.output)")
            }
        }
    }
}
