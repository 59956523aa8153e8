import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo runs export` for other programs. `Tests/Formats/exports.py` has them read by the programs themselves.
@Suite struct ExportTests {
    @Test func writesFoldersForOtherPrograms() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 3)
            let trained = try sandbox.program.run(
                "train", recipe, "--record", "--validate-every", "2", "--validate-pairs", "4")
            #expect(trained.status == 0, "\(trained.errors)")
            func export(_ format: String, _ more: String...) throws {
                let arguments = ["runs", "export", "run-1", "--format", format, "--out", format] + more
                let result = try sandbox.program.start(arguments).wait()
                #expect(result.status == 0, "\(result.errors)")
            }
            func text(_ path: String) throws -> String {
                String(decoding: try FileContents.read(sandbox.runs.path(path)), as: UTF8.self)
            }
            let head = try sandbox.value("chain head", in: trained)
            let losses = try sandbox.workspace.openLedger().steps(of: "run-1").map { StepFigures($0.record).loss }

            try export("mlflow")
            let experiment = try #require(try FileContents.names(in: sandbox.runs.path("mlflow")).first)
            let run = "mlflow/\(experiment)/\(head.prefix(32))"
            #expect(try text("\(run)/tags/smpo.chain_head") == head)
            #expect(try text("\(run)/params/optimizer.lr") == "0.001")
            let lines = try text("\(run)/metrics/loss").split(separator: "\n").map { $0.split(separator: " ") }
            #expect(lines.map { Float($0[1]) } == losses && lines.map { $0[2] } == ["1", "2", "3"])
            #expect(try FileContents.names(in: sandbox.runs.path("\(run)/metrics")).count > 6)

            try export("tensorboard")
            let events = try #require(try FileContents.names(in: sandbox.runs.path("tensorboard/run-1")).first)
            #expect(events.hasPrefix("events.out.tfevents."))

            try export("ro-crate", "--license", "https://spdx.org/licenses/MIT")
            let crate = JSONCursor(
                try JSONValue.read(sandbox.runs.path("ro-crate/ro-crate-metadata.json")), name: "crate")
            let ids = try crate["@graph"].elements().map { try $0["@id"].string() }
            #expect(Set(ids).count == ids.count && ids.contains("./") && ids.contains("log.jsonl"))
            let exported = try sandbox.program.run("runs", "export", "run-1")
            #expect(try text("ro-crate/log.jsonl") == exported.output)

            // The same run gives the same bytes.
            let before = try text("ro-crate/ro-crate-metadata.json")
            try export("ro-crate", "--license", "https://spdx.org/licenses/MIT")
            #expect(try text("ro-crate/ro-crate-metadata.json") == before)
            #expect(try sandbox.program.run("runs", "export", "run-1", "--format", "mlflow").status == 64)
        }
    }
}
