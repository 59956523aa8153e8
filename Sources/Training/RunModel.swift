import Core
import Diffusion
import Preferences

/// The model of a run, as the folder that it is opened from and written to.
package enum RunModel: Sendable {
    /// A diffusion model.
    case diffusion(ModelFolder)
    /// A scorer.
    case scorer(PickScore)

    /// The diffusion model; nil where a scorer is trained.
    package var folder: ModelFolder? { if case .diffusion(let folder) = self { folder } else { nil } }

    /// Planes of a picture.
    var channels: Int {
        switch self {
        case .diffusion(let folder): folder.unet.config.inChannels
        case .scorer: 3
        }
    }

    /// The token ids of a caption, padded to the encoder's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        switch self {
        case .diffusion(let folder): folder.tokenIDs(caption)
        case .scorer(let scorer): scorer.tokenIDs(caption)
        }
    }

    /// Whether a caption has more tokens than the encoder takes.
    func cuts(_ caption: String) -> Bool {
        switch self {
        case .diffusion(let folder): folder.cuts(caption)
        case .scorer(let scorer): scorer.cuts(caption)
        }
    }

    /// Writes the model, its weights as they are now; every file is replaced whole.
    package func write(to path: String) throws { try write(into: FolderWriter(path)) }

    /// The digests of the bytes of the files that `write` would write, by their paths from the folder. They are functions
    /// of the weights and of the inputs alone: the same on every machine.
    package func fileDigests() throws -> [String: Digest] {
        let writer = FolderWriter(nil)
        try write(into: writer)
        return writer.digests
    }

    private func write(into writer: FolderWriter) throws {
        switch self {
        case .diffusion(let folder): try folder.write(into: writer)
        case .scorer(let scorer): try scorer.write(into: writer)
        }
    }

    /// What stands for the content of each part, independent of the files' layout.
    package func digests() throws -> [String: Digest] {
        switch self {
        case .diffusion(let folder): try folder.digests()
        case .scorer(let scorer):
            Dictionary(uniqueKeysWithValues: scorer.digests.map { ("model/\($0.key)", $0.value) })
        }
    }
}
