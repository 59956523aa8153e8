import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo diff`, `digest` and `inspect` on checkpoints.
@Suite struct CheckpointDiffTests {
    /// The file with its last element's lowest bit changed.
    private func changed(_ path: String, to other: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 4] ^= 1
        try bytes.write(to: URL(filePath: other))
    }

    @Test func filesAreComparedWithExitCodes() throws {
        try Sandbox.with { sandbox in
            let (program, weights) = (sandbox.program, try sandbox.baseModel())
            let other = sandbox.runs.path("other.safetensors")
            try changed(weights, to: other)
            let same = try program.run("diff", weights, "model/unet", "--ignore-metadata")
            #expect(same.status == 0, "\(same.output)\(same.errors)")
            let different = try program.run("diff", weights, other)
            #expect(different.status == 1 && different.output.hasPrefix("different: 1 of "), "\(different.output)")
            #expect(different.output.contains("ULP max 1 at"))
            let stat = try program.run("diff", weights, other, "--stat")
            #expect(stat.status == 1 && stat.output.split(separator: "\n").count == 1)
            #expect(try program.run("diff", weights, other, "--tolerance", "ulp:1").status == 0)
            let json = try program.run("diff", weights, other, "--json")
            let report = JSONCursor(try JSONValue.parse(json.output, file: "out"), name: "out")
            #expect(try json.status == 1 && report["tensors"]["differing"].int() == 1)
            #expect(try report["differences"][0]["measures"]["ulp_max"].int() == 1)
            let page = try program.run("diff", weights, other, "--by-layer", "--markdown", "--html", "page.html")
            #expect(page.status == 1 && page.output.contains(": ✗ different\n"))
            let html = try String(contentsOfFile: sandbox.runs.path("page.html"), encoding: .utf8)
            #expect(html.contains("<svg") && !html.contains("<script") && !html.contains("http:"))
        }
    }

    /// The model that a run of adapters ends with is the base with them in it, by either file, and as any other model.
    @Test func adaptersOfARunAreComparedWithItsModel() throws {
        try Sandbox.with { sandbox in
            let program = sandbox.program
            _ = try sandbox.baseModel()
            let recipe = try sandbox.runs.smpo(
                model: sandbox.runs.path("model"), steps: 2, more: "lora: {rank: 2, alpha: 4}")
            _ = try sandbox.record(recipe)
            let model = ".smpo/runs/run-1"
            for adapter in [
                "\(model)/lora", "\(model)/lora/adapter_model.safetensors",
                "\(model)/lora/pytorch_lora_weights.safetensors", "run-1@step-2",
            ] {
                let result = try program.run(
                    "diff", "--lora", "--base", "model/unet", adapter, "\(model)/unet", "--tolerance", "ulp:1",
                    "--ignore-metadata")
                #expect(result.status == 0, "\(adapter): \(result.output)\(result.errors)")
            }
            let moved = try program.run("diff", "model", "run-1", "--only", "unet/*", "--stat")
            #expect(moved.status == 1 && moved.output.hasPrefix("different: "), "\(moved.output)")
            let text = try program.run("diff", "model", "run-1", "--only", "text_encoder/*", "--ignore-metadata")
            #expect(text.status == 0, "\(text.output)\(text.errors)")
            let drawn = try program.run("sample", "--model", model, "--count", "1", "--steps", "2", "--out", "a.png")
            #expect(drawn.status == 0, "\(drawn.errors)")
            let wrong = try program.run("train", recipe, "--set", "lora.targets=[to_querry]")
            #expect(wrong.status == 2 && wrong.errors.contains("lora.targets[0]"), "\(wrong.status) \(wrong.errors)")
        }
    }

    @Test func troubleAndUsageHaveTheirOwnCodes() throws {
        try Sandbox.with { sandbox in
            let (program, weights) = (sandbox.program, try sandbox.baseModel())
            let cut = sandbox.runs.path("cut.safetensors")
            try Data(contentsOf: URL(filePath: weights)).dropLast().write(to: URL(filePath: cut))
            let truncated = try program.run("diff", weights, cut)
            #expect(truncated.status == 2 && truncated.output.isEmpty, "\(truncated.output)")
            #expect(truncated.errors.contains("the file ends within the tensor"), "\(truncated.errors)")
            let lost = try program.run("diff", weights, "lost.safetensors")
            #expect(lost.status == 2 && lost.errors.contains("no such file, folder or run"), "\(lost.errors)")
            #expect(try program.run("diff", weights, weights, "--tolerance", "ulp:x").status == 64)
            #expect(try program.run("diff", weights, weights, "--base", weights).status == 64)
            let noAdapter = try program.run("diff", weights, weights, "--lora")
            #expect(noAdapter.status == 2 && noAdapter.errors.contains("no adapter"), "\(noAdapter.errors)")
            #expect(noAdapter.output.isEmpty)
            let models = try program.run("diff", weights, weights, "--lora", "--base", weights)
            #expect(models.status == 2 && models.errors.contains("without --lora"), "\(models.errors)")
            #expect(try program.run("diff", weights, weights, "--adapter", "default").status == 64)
        }
    }

    @Test func aPolicyFileDecides() throws {
        try Sandbox.with { sandbox in
            let (program, weights) = (sandbox.program, try sandbox.baseModel())
            try changed(weights, to: sandbox.runs.path("other.safetensors"))
            func result(_ policy: String) throws -> Program.Result {
                try Data(policy.utf8).write(to: URL(filePath: sandbox.runs.path("policy.yaml")))
                return try program.run("diff", weights, "other.safetensors", "--policy", "policy.yaml")
            }
            #expect(try result("tolerance: exact\n").status == 1)
            #expect(try result("tensors:\n  - pattern: \"*\"\n    tolerance: ulp:1\n").status == 0)
            let nothing = try result("tensors:\n  - pattern: \"*\"\n    ignore: true\n")
            #expect(nothing.status == 2 && nothing.errors.contains("nothing is compared"), "\(nothing.errors)")
            let unknown = try result("tolerance: exact\nignore_metdata: true\n")
            #expect(unknown.status == 2, "\(unknown.errors)")
            #expect(
                unknown.errors.contains(
                    "policy.yaml:2:1: unknown key \"ignore_metdata\"; did you mean \"ignore_metadata\"?"))
            let neither = try result("tensors:\n  - pattern: \"*\"\n")
            #expect(neither.status == 2 && neither.errors.contains("either a tolerance or ignore: true"))
        }
    }

    @Test func checkpointsOfARunAreComparedAndDigested() throws {
        try Sandbox.with { sandbox in
            let (program, recipe) = (
                sandbox.program, try sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}")
            )
            let trained = try sandbox.record(recipe)
            let digest = try program.run("digest", "run-1@step-4")
            #expect(digest.status == 0, "\(digest.errors)")
            #expect(digest.output.hasPrefix(try sandbox.value("weights digest", in: trained)), "\(digest.output)")
            let steps = try program.run("diff", "run-1@step-2", "run-1@step-4", "--by-layer")
            #expect(steps.status == 1 && steps.output.contains("attention"), "\(steps.output)\(steps.errors)")
            let model = try program.run("diff", "run-1@step-4", ".smpo/runs/run-1", "--only", "unet/*")
            #expect(model.status == 0 && model.output.hasPrefix("identical"), "\(model.output)\(model.errors)")
            let missing = try program.run("diff", "run-1@step-2", "run-1@step-3")
            #expect(missing.status == 2 && missing.errors.contains("one of 2, 4"), "\(missing.errors)")
            let usage = try program.run("diff", "run-1", "run-1", "--stat")
            #expect(usage.status == 64 && usage.errors.contains("run-1@step-N"), "\(usage.errors)")
        }
    }

    @Test func layoutDoesNotChangeTheDigest() throws {
        try Sandbox.with { sandbox in
            let (program, weights) = (sandbox.program, try sandbox.baseModel())
            let file = try program.run("digest", weights)
            let folder = try program.run("digest", "model/unet", "--tensors")
            #expect(file.status == 0 && folder.status == 0, "\(file.errors)\(folder.errors)")
            #expect(folder.output.split(separator: "\n").last?.prefix(64) == file.output.prefix(64))
            let list = try program.run("inspect", "model", "--depth", "1")
            #expect(list.status == 0 && list.output.contains("pipeline folder"), "\(list.output)\(list.errors)")
            #expect(list.output.contains("in all"))
            let tensors = try program.run("inspect", weights, "--tensors")
            #expect(tensors.output.contains("conv_in.weight"))
        }
    }
}
