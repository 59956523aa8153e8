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
            /// Rows of a table.
            case table(Table)
        }

        /// `data.kind`.
        private enum Kind: String, CaseIterable {
            case shapes, folder, latents, parquet, arrow
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
        private var split: String?
        private var columns = PairColumns()
        private var selection = PairSelection()
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
            case .table(let table):
                (kind, path, dropUnreadable) = (
                    table.format == .parquet ? .parquet : .arrow, table.path, table.dropUnreadable
                )
                (split, columns, selection) = (table.split, table.columns, table.selection)
            }
        }

        /// Where the pairs come from.
        package var source: Source {
            switch kind {
            case .shapes: .shapes(pairs: pairs, seed: seed)
            case .folder: .folder(path: path, dropUnreadable: dropUnreadable)
            case .pairFolders: .pairFolders(path: path, dropUnreadable: dropUnreadable)
            case .latents: .latents(path: path)
            case .parquet, .arrow:
                .table(
                    Table(
                        format: kind == .parquet ? .parquet : .arrow, path: path, split: split, columns: columns,
                        selection: selection, dropUnreadable: dropUnreadable))
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
                "pictures drawn by the program, a folder of them with a list, or of winners and losers, or of latents; Parquet files, or "
                    + "what save_to_disk of `datasets` left"),
            Key(
                "path", \.path, .text("the path of a folder"), default: .required,
                when: only(.folder, .pairFolders, .latents, .parquet, .arrow),
                elsewhere: { _ in .null },
                "the folder, from the working folder; of Parquet also a file, or a pattern such as data/train-*.parquet"
            ),
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
                "which square of the resized picture: the middle, or any, drawn anew in each step and recorded; of a picture "
                    + "that becomes a latent drawn once"),
            Key(
                "time_ids", \.timeIDs, .choice, default: .omitted(.picture), when: hasFiles,
                "what SDXL is told of a picture's size: picture: its own and its crop; fixed: that of training, uncropped, "
                    + "as SmPO's script does"),
        ] + tableKeys + latentKeys)

    private static let hasFiles = only(.folder, .pairFolders, .parquet, .arrow)

    /// Columns of a table, and which of its rows are taken.
    private static let tableKeys: [Key] = {
        let plain = Self(source: .shapes(pairs: 1, seed: 1), size: 8)
        func column(_ name: String, _ path: WritableKeyPath<Self, String> & Sendable, _ summary: String) -> Key {
            Key(
                "\(name)_column", path, .text("the name of a column"), default: .omitted(plain[keyPath: path]),
                when: hasTable, summary)
        }
        func rule(_ name: String, _ path: WritableKeyPath<Self, Bool> & Sendable, _ summary: String) -> Key {
            Key(name, path, .bool, default: .omitted(false), when: hasTable, summary)
        }
        return [
            Key(
                "split", \.split, .optional(.text("the name of a split")), default: .omitted(nil), when: hasTable,
                "which of several splits, as in train-00000-of-00645.parquet or dataset_dict.json"),
            column("caption", \.columns.caption, "the captions"),
            column("image_0", \.columns.image0, "bytes of the first pictures' files, or structs that have them"),
            column("image_1", \.columns.image1, "those of the second ones"),
            column("label_0", \.columns.label0, "human preference for the first picture: 0, 0.5 or 1"),
            column("label_1", \.columns.label1, "that for the second"),
            column(
                "score_0", \.columns.score0, "a reward model's score of the first picture, where there is such a column"
            ),
            column("score_1", \.columns.score1, "that of the second"),
            rule(
                "are_different", \.selection.areDifferent,
                "only rows whose column are_different is true, as PickScore's script can"),
            rule(
                "has_label", \.selection.hasLabel, "only rows whose column has_label is true, as PickScore's script can"
            ),
            Key(
                "pairs_per_prompt", \.selection.pairsPerPrompt, .optional(.int(1...Int.max)), default: .omitted(nil),
                when: hasTable, "at most so many rows of a caption, the first ones, as PickScore's script can"),
            rule(
                "only_on_best", \.selection.onlyOnBest,
                "the good picture of a row becomes the best one that it leads to, from better to better; rows with pictures "
                    + "that lead in a circle and ties are left out, as PickScore's script can"),
            Key(
                "labels", \.selection.labels, .choice, default: .omitted(.any), when: hasTable,
                "decided: only rows whose label_0 is 0 or 1, as the scripts of DPO, SmPO and DDIM-InPO; different: label_0 is "
                    + "not label_1, as MaPO's"),
            rule(
                "dreamlike_pairs_only", \.selection.dreamlikeOnly,
                "only rows whose model_0 and model_1 have \"dream\" in their names"),
            Key(
                "max_pairs", \.selection.maxPairs, .optional(.int(1...Int.max)), default: .omitted(nil), when: hasTable,
                "at most so many of these rows, drawn by shuffle_seed (the scripts' max_train_samples)"),
            Key(
                "shuffle_seed", \.selection.shuffleSeed, .seed, default: .omitted(0), when: hasTable,
                "the seed of that, as numpy's default_rng takes it"),
        ]
    }()

    private static let hasTable = only(.parquet, .arrow)

    private static func only(_ kinds: Kind...) -> Key.Condition {
        Key.Condition("data.kind: " + kinds.map(\.rawValue).joined(separator: " or ")) {
            kinds.contains($0.kind) ? nil : "data.kind: \($0.kind.rawValue)"
        }
    }
}
