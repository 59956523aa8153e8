import Core
import Ledger
import Testing
import TinyRuns

/// A run on OpenBLAS from the command line: trained, recorded, never golden, never compared bit by bit.
@Suite struct BackendTests {
    @Test func aRunOnOpenBLAS() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(more: "backend: openblas")
            let trained = try sandbox.record(recipe)
            #expect(trained.errors.contains("not bit-reproducible elsewhere"), "\(trained.errors)")
            #expect(trained.output.contains("never golden"), "\(trained.output)")
            let inputs = try Manifest.read(sandbox.workspace.manifest("run-1")).inputs
            #expect(inputs.backend == "openblas")
            for member in ["version", "core", "config"] {
                #expect(try JSONCursor(inputs.json, name: "inputs")["openblas"][member].string().isEmpty == false)
            }
            #expect(try JSONCursor(inputs.json, name: "inputs")["openblas"]["threads"].int() == 1)

            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 4, "\(audit.output)\(audit.errors)")
            #expect(audit.output.contains("incomparable") && audit.output.contains("band"), "\(audit.output)")

            let golden = try sandbox.program.run("golden", "accept", "run-1")
            #expect(golden.status == 2 && golden.output.isEmpty, "\(golden.output)")
            #expect(golden.errors.contains("Golden/run-1: run-1 cannot be golden"), "\(golden.errors)")
            #expect(golden.errors.contains("found openblas"), "\(golden.errors)")
            #expect(!FileContents.exists(sandbox.workspace.golden("run-1")))
        }
    }

    /// The reference run of the same recipe says nothing of it, and can become golden.
    @Test func theReferenceIsSilent() throws {
        try Sandbox.with { sandbox in
            let trained = try sandbox.record(try sandbox.runs.smpo(more: "backend: reference"))
            #expect(!trained.errors.contains("OpenBLAS") && !trained.output.contains("backend"))
            #expect(try Manifest.read(sandbox.workspace.manifest("run-1")).inputs.other == JSONObject())
            #expect(try sandbox.program.run("golden", "accept", "run-1").status == 0)
        }
    }

    @Test func anUnknownBackend() throws {
        try Sandbox.with { sandbox in
            let path = try sandbox.runs.smpo(more: "backend: openbals")
            let result = try sandbox.program.run("train", path)
            #expect(result.status == 2)
            #expect(result.errors.contains(".yaml:14:10: key \"backend\""), "\(result.errors)")
            #expect(result.errors.contains("did you mean \"openblas\"?"), "\(result.errors)")
        }
    }
}
