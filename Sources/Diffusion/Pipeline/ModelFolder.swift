import Checkpoints
import Core

/// A model on disk: its folder, and which of the files there are read.
package struct ModelFolder: Sendable, Equatable {
    /// The folder.
    package var path: String
    /// Which form of the weights is read.
    package var variant: WeightsVariant
    /// The folder of an autoencoder that stands in the place of the model's own; nil for its own.
    package var autoencoder: String?

    /// The model in the folder `path`.
    package init(path: String, variant: WeightsVariant = .whatIsThere, autoencoder: String? = nil) {
        (self.path, self.variant, self.autoencoder) = (path, variant, autoencoder)
    }

    /// Where the component `name` lies, whose folder in a model is `folder`: empty for the model's own.
    package func place(of name: String, in folder: String) -> String {
        if name == "vae", let autoencoder { return autoencoder }
        return folder.isEmpty ? path : "\(path)/\(folder)"
    }

    /// Whether the folder of a component is there.
    func has(_ kind: ComponentKind) -> Bool { FileContents.isFolder(place(of: kind.name, in: kind.folder)) }

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
