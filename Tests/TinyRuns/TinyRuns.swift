import Foundation

/// A folder with the configurations of a very small model and recipes for runs of a few steps; all paths are absolute.
package struct TinyRuns: Sendable {
    /// The folder.
    package let folder: String

    /// Writes the configurations into a new folder below the temporary one; `remove` takes it away.
    package init() throws {
        try self.init(folder: NSTemporaryDirectory() + "tiny-\(UUID().uuidString)")
    }

    /// Writes the configurations into `folder`, which is made.
    package init(folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in TinyConfigurations.all { try write(text, to: name) }
    }

    /// Takes the folder away.
    package func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// A path below the folder.
    package func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes a text below the folder and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// The lines of a recipe's `model` section: a new model, or the one in a folder.
    package func model(_ path: String? = nil) -> String {
        if let path { return "model: {path: \(path)}" }
        return """
            model:
              unet: \(self.path("unet.json"))
              text_encoder: \(self.path("text_encoder.json"))
              scheduler: \(self.path("scheduler.json"))
              tokenizer: shapes
              init_seed: 7
            """
    }

    /// The same of a model of SDXL's kind, over pictures or `latents`.
    package func sdxl(latents: Bool = false) -> String {
        """
        model:
          unet: \(path(latents ? "sdxl-latent-unet.json" : "sdxl-unet.json"))
          text_encoder: \(path("text_encoder.json"))
          text_encoder_2: \(path("text_encoder_2.json"))
          scheduler: \(path("scheduler.json"))
          tokenizer: shapes
          tokenizer_2: shapes
          init_seed: 7
        """
    }

    /// Writes an SmPO recipe of `steps` steps on the built-in pairs (or the pairs in the folder `data`) and gives its path.
    package func smpo(
        model: String? = nil, data: String? = nil, steps: Int = 3, more: String = "", training: String = ""
    ) throws -> String {
        let source =
            data.map { "{kind: folder, path: \($0), size: 16}" } ?? "{kind: shapes, size: 16, pairs: 8, seed: 3}"
        return try write(
            """
            name: tiny-smpo
            seed: 11
            data: \(source)
            \(self.model(model))
            objective: {name: smpo, beta: 2000, gamma: 10}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: \(steps), pairs_per_step: 2, caption_dropout: 0.3, flip: true\(training)}
            \(more)
            """, to: "smpo-\(UUID().uuidString).yaml")
    }

    /// Writes a recipe of `steps` steps on the built-in pairs for `objective`, the keys of that section, and gives its
    /// path; `more` are further lines, `optimizer` and `training` further keys of their sections.
    package func recipe(
        _ objective: String, steps: Int = 2, more: String = "", optimizer: String = "", training: String = "",
        model: String? = nil
    ) throws -> String {
        try write(
            """
            name: tiny
            seed: 14
            data: {kind: shapes, size: 16, pairs: 8, seed: 3}
            \(model ?? self.model())
            objective: {\(objective)}
            optimizer: {lr: 1e-3\(optimizer)}
            training: {steps: \(steps), pairs_per_step: 3, caption_dropout: 0.3, flip: true\(training)}
            \(more)
            """, to: "recipe-\(UUID().uuidString).yaml")
    }

    /// Writes a recipe of `steps` steps that trains a scorer, a new one or that in the folder `model`, on the built-in
    /// pairs or on those in the folder `data`, and gives its path.
    package func pickscore(
        model: String? = nil, data: String? = nil, steps: Int = 3, more: String = "", training: String = ""
    ) throws -> String {
        let source =
            data.map { "{kind: folder, path: \($0), size: 16}" } ?? "{kind: shapes, size: 16, pairs: 24, seed: 3}"
        return try write(
            """
            name: tiny-pickscore
            seed: 15
            data: \(source)
            model: \(model.map { "{path: \($0)}" } ?? "{clip: \(path("clip.json")), tokenizer: shapes, init_seed: 7}")
            objective: {name: pickscore}
            optimizer: {lr: 1e-3}
            training: {steps: \(steps), pairs_per_step: 5, caption_dropout: 0.2\(training)}
            \(more)
            """, to: "pickscore-\(UUID().uuidString).yaml")
    }

    /// Writes an SmPO recipe of `steps` steps on the latents 4x16x16 in the folder `data` and gives its path; without
    /// `model` the model is new.
    package func latents(data: String, model: String? = nil, steps: Int = 2, training: String = "") throws -> String {
        let fresh = self.model().replacingOccurrences(of: path("unet.json"), with: path("latent-unet.json"))
        return try write(
            """
            name: tiny-latents
            seed: 13
            data: {kind: latents, path: \(data), size: 16}
            \(model.map { self.model($0) } ?? fresh)
            objective: {name: smpo}
            inversion: {steps: 2}
            optimizer: {lr: 1e-3}
            training: {steps: \(steps), pairs_per_step: 2, caption_dropout: 0.3\(training)}
            """, to: "latents-\(UUID().uuidString).yaml")
    }

    /// Writes a recipe for a base model of `steps` steps, its text encoder trained too, and gives its path.
    package func base(steps: Int = 2, more: String = "", training: String = "") throws -> String {
        try write(
            """
            name: tiny-base
            seed: 12
            data: {kind: shapes, size: 16, pairs: 8, seed: 4}
            \(model())
            objective: {name: sft}
            optimizer: {lr: 1e-3, schedule: cosine}
            training: {steps: \(steps), pairs_per_step: 3, train_text_encoder: true, ema: 0.9\(training)}
            \(more)
            """, to: "base-\(UUID().uuidString).yaml")
    }
}
