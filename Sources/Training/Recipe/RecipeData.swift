import Core
import Datasets

extension Recipe {
    /// The preference pairs to train on.
    package struct Data: Equatable {
        /// Where the pairs come from.
        package enum Source: Sendable, Equatable {
            /// Pictures of coloured shapes, drawn by the program: how many pairs, and the seed that draws them.
            case shapes(pairs: Int, seed: UInt64)
            /// A folder of pictures with a list of pairs; the path is as written, relative to the working folder. With
            /// `dropUnreadable`, pairs with a picture that cannot be decoded are left out rather than an error.
            case folder(path: String, dropUnreadable: Bool)
            /// A folder with the folders `w` of winners and `l` of losers; else as `folder`.
            case pairFolders(path: String, dropUnreadable: Bool)
            /// A folder of pairs whose pictures are latents already, made by an autoencoder beforehand.
            case latents(path: String)
        }

        /// `data.kind`.
        private enum Kind: String, CaseIterable {
            case shapes, folder, latents
            case pairFolders = "pair_folders"
        }

        /// What SDXL is told of a picture's size and crop.
        package enum TimeIDs: String, Sendable, CaseIterable {
            /// The picture's own: its size as stored, and where the crop begins.
            case picture
            /// Of every picture that it has the size trained on and is not cropped.
            case fixed
        }

        private var kind = Kind.shapes
        private var path = ""
        /// The edge of the square pictures, 8 to 1024 pixels, or of the latents.
        package var size: Int
        private var pairs = 2048
        private var seed: UInt64 = 1
        private var dropUnreadable = false
        /// How pictures of files are made ready; what is mirrored is in `Recipe.preparation`.
        fileprivate(set) var preparation = PicturePreparation.plain
        /// What SDXL is told of pictures of files.
        package private(set) var timeIDs = TimeIDs.picture
        /// How pictures become latents, where the model has an autoencoder.
        package var latents = Latents()

        /// Pairs from `source`.
        package init(source: Source, size: Int) {
            self.size = size
            switch source {
            case .shapes(let pairs, let seed): (self.pairs, self.seed) = (pairs, seed)
            case .folder(let path, let dropUnreadable):
                (kind, self.path, self.dropUnreadable) = (.folder, path, dropUnreadable)
            case .pairFolders(let path, let dropUnreadable):
                (kind, self.path, self.dropUnreadable) = (.pairFolders, path, dropUnreadable)
            case .latents(let path): (kind, self.path) = (.latents, path)
            }
        }

        /// Where the pairs come from.
        package var source: Source {
            switch kind {
            case .shapes: .shapes(pairs: pairs, seed: seed)
            case .folder: .folder(path: path, dropUnreadable: dropUnreadable)
            case .pairFolders: .pairFolders(path: path, dropUnreadable: dropUnreadable)
            case .latents: .latents(path: path)
            }
        }

        /// Whether a list says what the pairs are, rather than the names of files.
        package var hasList: Bool { kind != .pairFolders }

        /// Whether the pictures are latents.
        package var isLatent: Bool { kind == .latents }
    }
}

extension Recipe.Data: KeyedSettings {
    private typealias Key = SettingsKey<Self>

    /// The keys of `data`.
    package static let schema = SettingsSchema<Self>(
        Self(source: .shapes(pairs: 2048, seed: 1), size: 8),
        [
            Key(
                "kind", \.kind, .choice, default: .required,
                "pictures drawn by the program, a folder of them with a list, or of winners and losers, or of latents"),
            Key(
                "path", \.path, .text("the path of a folder"), default: .required,
                when: only(.folder, .pairFolders, .latents),
                elsewhere: { _ in .null }, "the folder, from the working folder"),
            Key("size", \.size, .int(8...1024), default: .required, "edge of the square pictures, or of the latents"),
            Key(
                "pairs", \.pairs, .int(1...Int.max), when: only(.shapes), elsewhere: { _ in .null },
                "how many pairs are drawn"),
            Key(
                "seed", \.seed, .seed, when: only(.shapes), elsewhere: { _ in .null }, "the seed that draws them"),
            Key(
                "drop_unreadable", \.dropUnreadable, .bool, when: hasFiles, elsewhere: { _ in .null },
                "whether pairs with a picture that cannot be decoded are left out rather than an error"),
            Key(
                "resize", \.preparation.resize, .choice, default: .omitted(.picture), when: hasFiles,
                "picture: each by itself in 8 bits, as the scripts for SD 1.5 do; pair: the second to the first's size, then "
                    + "both as floats, as diffusers' DPO script for SDXL and MaPO do, mirrored and cropped alike"),
            Key(
                "resize_order", \.preparation.order, .choice, default: .omitted(.across), when: hasFiles,
                "which pass of Pillow's resize goes first: across (Pillow up to 12.1), or as Pillow 13 decides for tall "
                    + "pictures that shrink"),
            Key(
                "crop", \.preparation.crop, .choice, default: .omitted(.center), when: hasFiles,
                "which square of the resized picture: the middle, or any, drawn anew in each step and recorded"),
            Key(
                "time_ids", \.timeIDs, .choice, default: .omitted(.picture), when: hasFiles,
                "what SDXL is told of a picture's size: picture: its own and its crop; fixed: that of training, uncropped, "
                    + "as SmPO's script does"),
        ] + latentKeys)

    private static let hasFiles = only(.folder, .pairFolders)

    private static func only(_ kinds: Kind...) -> Key.Condition {
        Key.Condition("data.kind: " + kinds.map(\.rawValue).joined(separator: " or ")) {
            kinds.contains($0.kind) ? nil : "data.kind: \($0.kind.rawValue)"
        }
    }
}
