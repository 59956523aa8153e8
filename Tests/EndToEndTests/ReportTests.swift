import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo report`, of run-1 and of other, which differs by its learning rate.
@Suite(
    .recordedOnce { sandbox in
        _ = try sandbox.baseModel()
        let recipe = try sandbox.runs.smpo(model: sandbox.runs.path("model"), steps: 3)
        _ = try sandbox.record(recipe)
        let other = try sandbox.program.run(
            "train", recipe, "--record", "--name", "other", "--set", "optimizer.lr=2e-3")
        #expect(other.status == 0, "\(other.errors)")
    })
struct ReportTests {
    private func text(_ sandbox: Sandbox, _ name: String) throws -> String {
        String(decoding: try FileContents.read(sandbox.runs.path(name)), as: UTF8.self)
    }

    private func json(_ sandbox: Sandbox, _ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.read(sandbox.runs.path(name)), name: "data", file: name)
    }

    @Test func ofARecordAloneNothingIsClaimedOfAReplay() throws {
        let sandbox = try Sandbox.recorded
        let record = try sandbox.program.run("report", "run-1", "-o", "record.html", "--workers", "1")
        #expect(record.status == 0 && record.output == "run-1: recorded\n", "\(record.errors)")
        let page = try text(sandbox, "record.html")
        #expect(page.contains("Nothing was replayed") && page.contains("data:image/png;base64,"))
        #expect(page.contains("✓ recorded digest") && !page.contains("✗ not the recorded digest"))
    }

    @Test func equalEvidenceGivesEqualBytes() throws {
        let sandbox = try Sandbox.recorded
        for workers in ["1", "2"] {
            let made = try sandbox.program.run("report", "run-1", "-o", "by-\(workers).html", "--workers", workers)
            #expect(made.status == 0, "\(made.errors)")
        }
        for ending in ["html", "md", "data.json"] {
            // The Markdown names the file of the numbers.
            let one = try text(sandbox, "by-1.\(ending)").replacing("by-1", with: "by-2")
            #expect(try text(sandbox, "by-2.\(ending)") == one, "\(ending)")
        }
    }

    @Test func aReplayHasEveryStepWithItsPictures() throws {
        let sandbox = try Sandbox.recorded
        let replay = try sandbox.program.run("report", "run-1", "--replay", "--samples", "-o", "replay.html")
        #expect(replay.status == 0 && replay.output == "run-1: reproduced\n", "\(replay.errors)")
        let data = try json(sandbox, "replay.data.json")
        #expect(try data["verdict"]["word"].string() == "reproduced" && data["missing"].elements().isEmpty)
        let sections = try data["sections"]
        #expect(try sections["loss"]["data"]["rows"].elements().count == 3)
        let latents = try sections["latents"]["data"]["rows"].elements()
        #expect(try latents.count == 6 && latents.allSatisfy { try $0[4].bool() && $0[5].bool() })
        #expect(try sections["samples"]["data"].elements().count == 6)
    }

    /// A model over latents draws the same pictures for the page as for `smpo sample`, before and after.
    @Test func aModelOverLatentsDrawsToo() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.encodedRecipe(pairs: 2)
            let trained = try sandbox.program.run("train", recipe, "--record", "--name", "run-1")
            #expect(trained.status == 0, "\(trained.errors)")
            let report = try sandbox.program.run("report", "run-1", "--samples", "-o", "page.html")
            #expect(report.status == 0, "\(report.errors)")
            let samples = try json(sandbox, "page.data.json")["sections"]["samples"]["data"].elements()
            #expect(samples.count == 2)
            let captions = try samples.map { try $0["caption"].string() }
            for (label, model) in [("before", "model"), ("after", ".smpo/runs/run-1")] {
                let drawn = try sandbox.program.start(
                    [
                        "sample", "--model", model, "--scheduler", "ddim", "--steps", "25", "--size", "32", "--out",
                        "grid.png",
                    ]
                        + ["--pictures", label] + captions
                ).wait()
                #expect(drawn.status == 0, "\(drawn.errors)")
            }
            let page = try text(sandbox, "page.html")
            for name in ["before/00000.png", "before/00001.png", "after/00000.png", "after/00001.png"] {
                let file = sandbox.runs.path(name)
                let image = try ImageDecoder.decode(bytes: FileContents.read(file), file: file)
                let bytes = Data(try PNGWriter.encode(image))
                #expect(page.contains(bytes.base64EncodedString()), "\(name)")
            }
        }
    }

    @Test func anAuditInAFileIsShownWithWhatIsKnownHere() throws {
        let sandbox = try Sandbox.recorded
        try sandbox.runs.write(try sandbox.program.run("audit", "run-1", "--json").output, to: "audit.json")
        let audited = try sandbox.program.run("report", "audit.json")
        #expect(audited.status == 0 && audited.output.hasPrefix("run-1: ✓ reproduced  (audit)"), "\(audited.errors)")
        #expect(!audited.output.contains("\u{1B}"))
    }

    @Test func aDifferenceOfRunsInAFileIsShownStepByStep() throws {
        let sandbox = try Sandbox.recorded
        let diff = try sandbox.program.run("diff", "run-1", "other", "--no-rerun", "--json")
        try sandbox.runs.write(diff.output, to: "diff.json")
        #expect(try sandbox.program.run("report", "diff.json", "-o", "diff.html").status == 0)
        let difference = try json(sandbox, "diff.data.json")["sections"]
        #expect(try difference["first-difference"]["data"]["step"].int() == 1)
        #expect(try difference["drift"]["data"]["rows"].elements().count == 3)
    }

    @Test func aDifferenceOfCheckpointsInAFileHasItsDistances() throws {
        let sandbox = try Sandbox.recorded
        let weights = try sandbox.program.run("diff", "model", ".smpo/runs/run-1", "--json")
        try sandbox.runs.write(weights.output, to: "weights.json")
        #expect(try sandbox.program.run("report", "weights.json", "-o", "weights.html").status == 0)
        #expect(try text(sandbox, "weights.html").contains("Distances in units of the last place"))
    }

    /// A record that holds, but that its inputs do not give: the trace of another recipe under this one's manifest.
    @Test func aReplayThatDiffersGoesOnToTheEnd() throws {
        try Sandbox.withCopy { sandbox in
            let (program, workspace) = (sandbox.program, sandbox.workspace)
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
        }
    }

    @Test func nothingIsShownOfARunThatWasTamperedWith() throws {
        try Sandbox.withCopy { sandbox in
            try sandbox.forge { $0.inputs.seed += 1 }
            let tampered = try sandbox.program.run("report", "run-1", "-o", "tampered.html")
            #expect(tampered.status == 3 && tampered.output == "run-1: tampered\n", "\(tampered.errors)")
            #expect(try text(sandbox, "tampered.html").contains("none of it is shown"))
        }
    }
}
