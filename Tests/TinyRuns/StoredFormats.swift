import Foundation

/// The weights of the tiny model of seed 7, rounded to F16, as torch and Python's gguf store them
/// (`Fixtures/make_formats.py`).
package enum StoredFormats: String, CaseIterable, Sendable {
    case bin, gguf

    /// Puts them into the folder `model` in place of those in safetensors.
    package func replaceWeights(in model: String) throws {
        let (files, fixtures) = (
            FileManager.default, URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        )
        for (part, stem) in [("unet", "diffusion_pytorch_model"), ("text_encoder", "pytorch_model")] {
            let folder = "\(model)/\(part)"
            for name in try files.contentsOfDirectory(atPath: folder) where name != "config.json" {
                try files.removeItem(atPath: "\(folder)/\(name)")
            }
            try files.copyItem(
                atPath: fixtures.appending(path: "\(part).\(rawValue)").path, toPath: "\(folder)/\(stem).\(rawValue)")
        }
    }
}
