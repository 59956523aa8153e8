import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo doctor` on this machine, in folders that are well and in folders that are not.
@Suite struct DoctorTests {
    private func report(_ sandbox: Sandbox, status: Int32 = 0) throws -> JSONCursor {
        let result = try sandbox.program.run("doctor", "--json")
        #expect(result.status == status, "\(result.output)\(result.errors)")
        return JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "report")
    }

    @Test func anEmptyFolder() throws {
        try Sandbox.with { sandbox in
            let report = try report(sandbox)
            #expect(try report["schema"].int() == 1 && report["faults"].elements().isEmpty)
            #expect(try report["ledger"].present == nil && report["golden"].elements().isEmpty)
            let sets = try report["machine"]["isas"].elements().map { try $0.string() }
            #expect(sets.first == "baseline")
            let checks = try report["kernels"]["checks"].elements()
            #expect(
                try checks.map { "\(try $0["isa"].string()) \(try $0["workers"].int())" }
                    == sets.flatMap { set in [1, 2, 3, 7].map { "\(set) \($0)" } })
            let answers = try report["kernels"]["answers"].int()
            #expect(answers >= 18)
            for check in checks { #expect(try check["kept"].int() == answers) }
            #expect(try report["arithmetic"]["sha256_megabytes_per_second"].int() > 0)
            #expect(try report["machine"]["memory_bytes"].int() > 0 && report["machine"]["cores"].int() >= 1)
            #expect(try report["openblas"]["core"].string() != "")
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))

            let text = try sandbox.program.run("doctor")
            #expect(text.status == 0)
            #expect(text.output.contains("known answers kept, of \(answers)"), "\(text.output)")
            #expect(text.output.hasSuffix("all is well: this machine keeps the contract\n"), "\(text.output)")
        }
    }

    @Test func aFolderWithRuns() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            #expect(try sandbox.program.run("golden", "accept", "run-1").status == 0)
            let manifest = try Manifest.read(sandbox.workspace.manifest("run-1"))
            let healthy = try report(sandbox)
            #expect(try healthy["ledger"]["verified_runs"].int() == 1 && healthy["ledger"]["verified_steps"].int() == 2)
            #expect(try healthy["ledger"]["schema"].int() == LedgerHealth.newestSchema)
            #expect(try healthy["golden"][0]["manifest_digest"].string() == manifest.digest.hex)

            // A line of the golden log that says something else: evidence that does not hold.
            let log = sandbox.workspace.golden("run-1") + "/log.jsonl"
            let original = try FileContents.read(log)
            let text = String(decoding: original, as: UTF8.self)
            try AtomicFile.write(text.replacingOccurrences(of: #""i64":["#, with: #""i64":[1"#), to: log)
            let altered = try report(sandbox, status: 3)
            #expect(try altered["faults"][0].string().contains("log.jsonl"))
            try AtomicFile.write(original, to: log)

            // A ledger that is no database.
            try AtomicFile.write("no database, but long enough to be looked at as one", to: sandbox.workspace.ledger)
            let damaged = try report(sandbox, status: 2)
            #expect(try damaged["faults"][0].string().contains(sandbox.workspace.ledger.split(separator: "/").last!))
        }
    }
}
