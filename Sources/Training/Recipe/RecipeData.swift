import Core

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
            /// A folder of pairs whose pictures are latents already, made by an autoencoder beforehand.
            case latents(path: String)
        }

        /// `data.kind`.
        private enum Kind: String, CaseIterable { case shapes, folder, latents }

        private var kind = Kind.shapes
        private var path = ""
        /// The edge of the square pictures, 8 to 1024 pixels, or of the latents.
        package var size: Int
        private var pairs = 2048
        private var seed: UInt64 = 1
        private var dropUnreadable = false

        /// Pairs from `source`.
        package init(source: Source, size: Int) {
            self.size = size
            switch source {
            case .shapes(let pairs, let seed): (self.pairs, self.seed) = (pairs, seed)
            case .folder(let path, let dropUnreadable):
                (kind, self.path, self.dropUnreadable) = (.folder, path, dropUnreadable)
            case .latents(let path): (kind, self.path) = (.latents, path)
            }
        }

        /// Where the pairs come from.
        package var source: Source {
            switch kind {
            case .shapes: .shapes(pairs: pairs, seed: seed)
            case .folder: .folder(path: path, dropUnreadable: dropUnreadable)
            case .latents: .latents(path: path)
            }
        }

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
                "pictures drawn by the program, a folder of them, or of latents"),
            Key(
                "path", \.path, .text("the path of a folder"), default: .required, when: only(.folder, .latents),
                elsewhere: { _ in .null }, "the folder, from the working folder"),
            Key("size", \.size, .int(8...1024), default: .required, "edge of the square pictures, or of the latents"),
            Key(
                "pairs", \.pairs, .int(1...Int.max), when: only(.shapes), elsewhere: { _ in .null },
                "how many pairs are drawn"),
            Key(
                "seed", \.seed, .seed, when: only(.shapes), elsewhere: { _ in .null }, "the seed that draws them"),
            Key(
                "drop_unreadable", \.dropUnreadable, .bool, when: only(.folder), elsewhere: { _ in .null },
                "whether pairs with a picture that cannot be decoded are left out rather than an error"),
        ])

    private static func only(_ kinds: Kind...) -> Key.Condition {
        Key.Condition("data.kind: " + kinds.map(\.rawValue).joined(separator: " or ")) {
            kinds.contains($0.kind) ? nil : "data.kind: \($0.kind.rawValue)"
        }
    }
}
