import Checkpoints
import Core

/// A model on disk: its folder, and which of the files there are read; or a single file of the whole model.
package struct ModelFolder: Sendable, Equatable {
    /// The folder, or the file.
    package var path: String
    /// Which form of the weights is read.
    package var variant: WeightsVariant
    /// The folder of an autoencoder that stands in the place of the model's own; nil for its own.
    package var autoencoder: String?
    /// Of a single file the folder with configurations and tokenizers; nil for the published ones.
    package var configuration: String?
    /// Of a single file which weights are read where it has two sets.
    package var weights: WeightsChoice

    /// The model in the folder `path`, or in the file.
    package init(
        path: String, variant: WeightsVariant = .whatIsThere, autoencoder: String? = nil, configuration: String? = nil,
        weights: WeightsChoice = .plain
    ) {
        (self.path, self.variant, self.autoencoder) = (path, variant, autoencoder)
        (self.configuration, self.weights) = (configuration, weights)
    }

    /// Whether the path is that of a single file.
    package var isFile: Bool { FileContents.exists(path) && !FileContents.isFolder(path) }

    /// Throws `ConfigError` for what only a single file has.
    func requireFolder() throws {
        if configuration != nil || weights != .plain {
            throw ConfigError(
                file: path, key: configuration == nil ? "weights" : "configuration", "is for a single file",
                expected: "a file in model.path", found: "a folder")
        }
    }

    /// Where the component `name` lies, whose folder in a model is `folder`: empty for the model's own.
    package func place(of name: String, in folder: String) -> String {
        if name == "vae", let autoencoder { return autoencoder }
        return folder.isEmpty ? path : "\(path)/\(folder)"
    }

    /// Whether the folder of a component is there.
    func has(_ kind: ComponentKind) -> Bool { FileContents.isFolder(place(of: kind.name, in: kind.folder)) }

    /// Whether SDXL is told zeros where there is no negative prompt, as its `model_index.json` says or leaves open.
    /// - Throws: `CheckpointError`.
    package var forcesZerosForEmptyPrompt: Bool {
        get throws { isFile ? true : try PipelineIndex(folder: path)?.forcesZeros ?? true }
    }

    /// Throws `CheckpointError` (`layout`) where no part of the model has files of the variant.
    /// - Parameter folders: the parts' folders below the model's; empty for its own.
    func requireVariant(_ folders: [String]) throws {
        guard case .named(let name) = variant else { return }
        let places = folders.map { $0.isEmpty ? path : "\(path)/\($0)" }.filter(FileContents.isFolder)
        guard try !places.contains(where: { try Checkpoint.variants(in: $0).contains(name) }) else { return }
        let found = Set(try places.flatMap { try Checkpoint.variants(in: $0) }).sorted(by: utf8Less)
        throw CheckpointError(
            .layout, file: path, "no weights of this variant",
            expected: "files such as unet/diffusion_pytorch_model.\(name).safetensors",
            found: found.isEmpty ? "plain names only" : "the variants \(found.joined(separator: ", "))",
            hint: found.isEmpty ? "leave model.variant out" : "model.variant: \(found[0])")
    }
}

extension ModelFolder {
    /// The weights of a part as they are stored: of a folder its files', of a single file what it has of the part.
    /// - Throws: `CheckpointError`.
    package func weights(of part: String, in pipeline: Pipeline) throws -> Checkpoint {
        if isFile, part != "vae" || autoencoder == nil { return try SingleFileModel(self).contents.component(part) }
        return try ModelDirectory(path: pipeline.place(of: part, in: self), variant: variant).weights
    }
}
