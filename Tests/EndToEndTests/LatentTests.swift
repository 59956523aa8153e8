import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// From configurations to an audited run on latents, with nothing but the program.
@Suite struct LatentTests {
    /// A sandbox with a model of halves in `model` and random latents in `data`.
    private func withModel(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let configurations = sandbox.runs.path("configurations")
            try FileManager.default.createDirectory(atPath: configurations, withIntermediateDirectories: true)
            for (from, to) in [("latent-unet", "unet"), ("text_encoder", "text_encoder"), ("scheduler", "scheduler")] {
                try FileManager.default.copyItem(
                    atPath: sandbox.runs.path("\(from).json"), toPath: "\(configurations)/\(to).json")
            }
            let model = try sandbox.program.run(
                "init", "model", "configurations", "--seed", "7", "--dtype", "f16", "--out", "model")
            #expect(model.status == 0, "\(model.errors)")
            #expect(model.output.contains("unet\n  parameters      "))
            let data = try sandbox.program.run(
                "data", "latents", "--pairs", "3", "--shape", "4x16x16", "--seed", "5", "--out", "data")
            #expect(data.status == 0, "\(data.errors)")
            #expect(data.output.contains("latents      4x16x16"))
            try body(sandbox)
        }
    }

    @Test func aRunOnLatentsIsRecordedAndAudited() throws {
        try withModel { sandbox in
            let recipe = try sandbox.runs.latents(data: "data", model: "model")
            _ = try sandbox.record(recipe)
            let audit = try sandbox.program.run("audit", "run-1", "--workers", "2")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")

            // The digest that init printed is the one in the manifest.
            let unet = try sandbox.program.run(
                "init", "model", "configurations", "--seed", "7", "--dtype", "f16", "--out", "model", "--replace",
                "--json")
            let printed = JSONCursor(try JSONValue.parse(unet.output, file: "stdout"), name: "init")
            let manifest = try Manifest.read(sandbox.workspace.manifest("run-1"))
            #expect(try printed["unet"]["weights_digest"].string() == manifest.inputs.digests["model/unet"]?.hex)
            #expect(
                try printed["text_encoder"]["weights_digest"].string()
                    == manifest.inputs.digests["model/text_encoder"]?.hex)

            // One bit of one latent: the audit names the pair.
            let path = sandbox.runs.path("data/latents.safetensors")
            var bytes = try FileContents.read(path)
            bytes[bytes.count - 4] ^= 1
            try AtomicFile.write(bytes, to: path)
            let changed = try sandbox.program.run("audit", "run-1")
            #expect(changed.status == 3)
            let words = ["data/latents.safetensors (latents_1[2])", "digest of pair-000003"]
            for word in words { #expect(changed.output.contains(word), "\(changed.output)") }
        }
    }

    @Test func modelsAndDataAreNotWrittenOver() throws {
        try withModel { sandbox in
            let model = try sandbox.program.run("init", "model", "configurations", "--out", "model")
            let data = try sandbox.program.run("data", "latents", "--out", "data")
            for result in [model, data] {
                #expect(result.status == 64 && result.errors.contains("--replace"), "\(result.errors)")
            }
            let missing = try sandbox.program.run("init", "model", "nowhere", "--out", "other")
            #expect(missing.status == 2 && missing.errors.contains("nowhere/unet.json"), "\(missing.errors)")
            #expect(!FileContents.exists(sandbox.runs.path("other")))
        }
    }

    /// Latents are no pictures: sampling says so.
    @Test func latentsAreNotDrawn() throws {
        try withModel { sandbox in
            let sample = try sandbox.program.run("sample", "--model", "model", "--out", "x.png")
            #expect(sample.status == 2 && sample.errors.contains("autoencoder"), "\(sample.errors)")
            let recipe = try sandbox.runs.smpo()
            let eval = try sandbox.program.run("eval", "--model", "model", "--recipe", recipe)
            #expect(eval.status == 2 && eval.errors.contains("autoencoder"), "\(eval.errors)")
        }
    }
}
