import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo report`
@Suite struct ReportTests {
    private func text(_ sandbox: Sandbox, _ name: String) throws -> String {
        String(decoding: try FileContents.read(sandbox.runs.path(name)), as: UTF8.self)
    }

    private func json(_ sandbox: Sandbox, _ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.read(sandbox.runs.path(name)), name: "data", file: name)
    }

    @Test func runsAuditsAndDifferencesBecomePages() throws {
        try Sandbox.with { sandbox in
            let program = sandbox.program
            let base = try sandbox.baseModel()
            _ = base
            let recipe = try sandbox.runs.smpo(model: sandbox.runs.path("model"), steps: 3)
            _ = try sandbox.record(recipe)

            // The record alone: nothing is claimed of a replay.
            let record = try program.run("report", "run-1", "-o", "record.html", "--workers", "1")
            #expect(record.status == 0 && record.output == "run-1: recorded\n", "\(record.errors)")
            let first = try text(sandbox, "record.html")
            #expect(first.contains("Nothing was replayed") && first.contains("data:image/png;base64,"))
            #expect(first.contains("✓ recorded digest") && !first.contains("✗ not the recorded digest"))
            for name in ["record.html", "record.md", "record.data.json"] {
                let before = try text(sandbox, name)
                #expect(try program.run("report", "run-1", "-o", "record.html", "--workers", "2").status == 0)
                #expect(try text(sandbox, name) == before, "\(name)")
            }

            // Replayed, with pictures.
            let replay = try program.run("report", "run-1", "--replay", "--samples", "-o", "replay.html")
            #expect(replay.status == 0 && replay.output == "run-1: reproduced\n", "\(replay.errors)")
            let data = try json(sandbox, "replay.data.json")
            #expect(try data["verdict"]["word"].string() == "reproduced" && data["missing"].elements().isEmpty)
            let sections = try data["sections"]
            #expect(try sections["loss"]["data"]["rows"].elements().count == 3)
            let latents = try sections["latents"]["data"]["rows"].elements()
            #expect(try latents.count == 6 && latents.allSatisfy { try $0[4].bool() && $0[5].bool() })
            #expect(try sections["samples"]["data"].elements().count == 6)

            // An audit in a file; a difference in a file; both with what is known here.
            let audit = try program.run("audit", "run-1", "--json")
            try sandbox.runs.write(audit.output, to: "audit.json")
            let audited = try program.run("report", "audit.json")
            #expect(
                audited.status == 0 && audited.output.hasPrefix("run-1: ✓ reproduced  (audit)"), "\(audited.errors)")
            #expect(!audited.output.contains("\u{1B}"))
            #expect(
                try program.run("train", recipe, "--record", "--name", "other", "--set", "optimizer.lr=2e-3").status
                    == 0)
            let diff = try program.run("diff", "run-1", "other", "--no-rerun", "--json")
            try sandbox.runs.write(diff.output, to: "diff.json")
            #expect(try program.run("report", "diff.json", "-o", "diff.html").status == 0)
            let difference = try json(sandbox, "diff.data.json")["sections"]
            #expect(try difference["first-difference"]["data"]["step"].int() == 1)
            #expect(try difference["drift"]["data"]["rows"].elements().count == 3)
            let weights = try program.run("diff", "model", ".smpo/runs/run-1", "--json")
            try sandbox.runs.write(weights.output, to: "weights.json")
            #expect(try program.run("report", "weights.json", "-o", "weights.html").status == 0)
            #expect(try text(sandbox, "weights.html").contains("Distances in units of the last place"))
        }
    }

    /// A record that holds, but that its inputs do not give: the trace of another recipe under this one's manifest.
    @Test func aReplayThatDiffersGoesOnToTheEnd() throws {
        try Sandbox.with { sandbox in
            let (program, workspace) = (sandbox.program, sandbox.workspace)
            let recipe = try sandbox.runs.smpo(steps: 3)
            _ = try sandbox.record(recipe)
            #expect(
                try program.run("train", recipe, "--record", "--name", "other", "--set", "optimizer.lr=2e-3").status
                    == 0)
            let ledger = try workspace.openLedger()
            let traces = try ledger.steps(of: "other").map {
                StepTrace(record: $0.record, tensors: try ledger.tensors(of: "other", step: $0.record))
            }
            var manifest = try Manifest.read(workspace.manifest("run-1"))
            manifest.run = "forged"
            var chain = Chain(inputs: manifest.inputs.digest)
            for trace in traces { chain.append(trace.record.digest) }
            let weights = try #require(traces.last?.record.weightsDigest)
            manifest.outcome = ManifestOutcome(chain: chain, weightsDigest: weights)
            try manifest.write(to: workspace.manifest("forged"))
            try GoldenLog.write(folder: workspace.golden("forged"), manifest: manifest) { append in
                for trace in traces { try append(trace) }
            }

            let result = try program.run("report", "forged", "--replay", "-o", "forged.html")
            #expect(result.status == 1 && result.output == "forged: diverged\n", "\(result.errors)")
            let sections = try json(sandbox, "forged.data.json")["sections"]
            let first = try sections["first-difference"]["data"]
            #expect(try first["step"].int() == 1 && first["phase"].string() == "update")
            let drift = try sections["drift"]["data"]["rows"].elements()
            #expect(try drift.count == 3 && drift.allSatisfy { try $0[1].bool() })
            // The first step inverts with the weights of both; the later ones do not.
            let latents = try sections["latents"]["data"]["rows"].elements()
            #expect(try latents.map { try $0[4].bool() } == [true, true, false, false, false, false])
            #expect(try sections["layers"]["data"]["rows"].elements().count > 5)
            let html = try text(sandbox, "forged.html")
            #expect(html.contains("first difference: step 1") && html.contains("class=\"heat\""))
            let shown = try program.run("report", "forged", "--replay")
            #expect(shown.status == 1 && shown.output.contains("Kind of change: "), "\(shown.output)")
        }
    }

    @Test func whatCannotBeShownIsAnError() throws {
        try Sandbox.with { sandbox in
            let program = sandbox.program
            try sandbox.runs.write("{\"a\": 1}", to: "other.json")
            let other = try program.run("report", "other.json")
            #expect(
                other.status == 2 && other.errors.contains("other.json: document: expected what smpo audit"),
                "\(other.errors)")
            try sandbox.runs.write("{", to: "half.json")
            #expect(try program.run("report", "half.json").status == 2)
            #expect(try program.run("report", "lost").status == 2)
            #expect(try program.run("report", "lost", "-o", "page.pdf").status == 64)

            _ = try sandbox.record(try sandbox.runs.smpo(steps: 2))
            try sandbox.forge { $0.inputs.seed += 1 }
            let tampered = try program.run("report", "run-1", "-o", "tampered.html")
            #expect(tampered.status == 3 && tampered.output == "run-1: tampered\n", "\(tampered.errors)")
            #expect(try text(sandbox, "tampered.html").contains("none of it is shown"))
        }
    }
}
