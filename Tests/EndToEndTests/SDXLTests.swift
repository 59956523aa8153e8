import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// A model with two text encoders, from its configurations to an audited run, with nothing but the program.
@Suite struct SDXLTests {
    /// A sandbox with a model of halves in `model`, over latents or pictures, and random latents in `data`.
    private func withModel(latents: Bool, _ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            try sandbox.sdxlModel(latents: latents)
            let data = try sandbox.program.run(
                "data", "latents", "--pairs", "3", "--shape", "4x16x16", "--seed", "5", "--out", "data")
            #expect(data.status == 0, "\(data.errors)")
            try body(sandbox)
        }
    }

    @Test func aRunIsRecordedAuditedAndTestsItself() throws {
        try withModel(latents: true) { sandbox in
            let recipe = try sandbox.runs.latents(data: "data", model: "model")
            _ = try sandbox.record(recipe)
            let audit = try sandbox.program.run("audit", "run-1", "--workers", "2")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let mutants = try sandbox.program.run("audit", "run-1", "--self-test")
            #expect(mutants.status == 0, "\(mutants.output)\(mutants.errors)")

            // The same weights under the names of a variant.
            for (part, stem) in [
                ("unet", "diffusion_pytorch_model"), ("text_encoder", "model"), ("text_encoder_2", "model"),
            ] {
                try FileManager.default.moveItem(
                    atPath: sandbox.runs.path("model/\(part)/\(stem).safetensors"),
                    toPath: sandbox.runs.path("model/\(part)/\(stem).fp16.safetensors"))
            }
            let unnamed = try sandbox.program.run("train", recipe)
            #expect(unnamed.status == 2 && unnamed.errors.contains("model.variant: fp16"), "\(unnamed.errors)")
            let named = try sandbox.program.run("train", recipe, "--set", "model.variant=fp16", "--record")
            #expect(named.status == 0, "\(named.errors)")
            let manifests = try ["run-1", "run-2"].map { try Manifest.read(sandbox.workspace.manifest($0)) }
            #expect(manifests[0].outcome?.weightsDigest == manifests[1].outcome?.weightsDigest)
            #expect(manifests[0].inputs.digests == manifests[1].inputs.digests)
            #expect(try sandbox.program.run("audit", "run-2").status == 0)

            // One bit of the second encoder: the audit names it.
            let path = sandbox.runs.path("model/text_encoder_2/model.fp16.safetensors")
            var bytes = try FileContents.read(path)
            bytes[bytes.count - 2] ^= 1
            try AtomicFile.write(bytes, to: path)
            let changed = try sandbox.program.run("audit", "run-2")
            #expect(changed.status == 3 && changed.output.contains("text_encoder_2"), "\(changed.output)")
        }
    }

    /// Over pictures it draws, guided and not.
    @Test func picturesAreDrawn() throws {
        try withModel(latents: false) { sandbox in
            for guidance in ["1", "4"] {
                let sample = try sandbox.program.run(
                    "sample", "--model", "model", "--steps", "2", "--guidance", guidance, "--out", "x\(guidance).png")
                #expect(sample.status == 0, "\(sample.errors)")
            }
            let pictures = try ["x1.png", "x4.png"].map { try FileContents.read(sandbox.runs.path($0)) }
            #expect(pictures[0] != pictures[1])
        }
    }

    @Test func aSecondTokenizerBelongsToASecondEncoder() throws {
        try withModel(latents: true) { sandbox in
            let folder = sandbox.runs.path("model/tokenizer")
            let own = try sandbox.program.run(
                "init", "model", "configurations", "--tokenizer", folder, "--out", "other")
            #expect(own.status == 64 && own.errors.contains("--tokenizer-2"), "\(own.errors)")
            let both = try sandbox.program.run(
                "init", "model", "configurations", "--tokenizer", folder, "--tokenizer-2", folder, "--out", "other")
            #expect(both.status == 0, "\(both.errors)")
            try FileContents.remove([sandbox.runs.path("configurations/text_encoder_2.json")])
            let none = try sandbox.program.run(
                "init", "model", "configurations", "--tokenizer-2", folder, "--out", "third")
            #expect(none.status == 64 && none.errors.contains("text_encoder_2.json is missing"), "\(none.errors)")
        }
    }
}
