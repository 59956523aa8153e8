import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// A working folder with the configurations of a small model.
struct Sandbox {
    let runs: TinyRuns
    var program: Program { Program(folder: runs.folder) }
    var workspace: Workspace { Workspace(root: runs.folder) }

    /// A new folder, removed after `body`.
    static func with(_ body: (Sandbox) throws -> Void) throws {
        let sandbox = Sandbox(runs: try TinyRuns())
        defer { sandbox.runs.remove() }
        try body(sandbox)
    }

    /// Records the recipe as run-1.
    func record(_ recipe: String) throws -> Program.Result {
        let result = try program.run("train", recipe, "--record", "--workers", "1")
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    /// A base model in the folder `model`; gives the path of the UNet's weights.
    func baseModel() throws -> String {
        let result = try program.run("train", try runs.base(steps: 1), "--out", "model", "--workers", "1")
        #expect(result.status == 0, "\(result.errors)")
        return runs.path("model/unet/diffusion_pytorch_model.safetensors")
    }

    /// A model with two text encoders in the folder `model`, of the configurations in `configurations`, stored as halves.
    func sdxlModel(latents: Bool) throws {
        try FileContents.makeFolder(runs.path("configurations"))
        for (from, to) in [
            (latents ? "sdxl-latent-unet" : "sdxl-unet", "unet"), ("text_encoder", "text_encoder"),
            ("text_encoder_2", "text_encoder_2"), ("scheduler", "scheduler"),
        ] {
            try FileManager.default.copyItem(
                atPath: runs.path("\(from).json"), toPath: runs.path("configurations/\(to).json"))
        }
        let model = try program.run(
            "init", "model", "configurations", "--seed", "7", "--dtype", "f16", "--out", "model")
        #expect(model.status == 0 && model.output.contains("text_encoder_2\n  parameters      "), "\(model.errors)")
    }

    /// The value of a line of the result, as `chain head`.
    func value(_ name: String, in result: Program.Result) throws -> String {
        let line = try #require(result.output.split(separator: "\n").first { $0.hasPrefix(name) })
        return line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
    }

    /// Changes the manifest of run-1 and makes its digest anew.
    func forge(_ change: (inout Manifest) -> Void) throws {
        var manifest = try Manifest.read(workspace.manifest("run-1"))
        change(&manifest)
        try manifest.write(to: workspace.manifest("run-1"))
    }
}
