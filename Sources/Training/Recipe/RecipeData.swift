import Core

extension Recipe {
    /// The preference pairs to train on.
    package struct Data: Sendable, Equatable {
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
        enum Kind: String, CaseIterable { case shapes, folder, latents }

        /// `data.kind`, `path`, `pairs`, `seed` and `drop_unreadable`.
        package var source: Source
        /// `data.size`: the edge of the square pictures, 8 to 1024 pixels, or of the latents.
        package var size: Int

        /// Whether the pictures are latents.
        package var isLatent: Bool { if case .latents = source { true } else { false } }
    }
}

extension Recipe.Data {
    static let keys = ["kind", "path", "size", "pairs", "seed", "drop_unreadable"]

    init(_ section: SettingsSection) throws {
        let kind: Kind = try section["kind"].choice()
        size = try section["size"].int(8...1024)
        switch kind {
        case .shapes:
            for key in ["path", "drop_unreadable"] { try section[key].refuse(with: "data.kind: shapes") }
            source = .shapes(
                pairs: try section["pairs"].int(1...Int.max, default: 2048),
                seed: try section["seed"].uint64(default: 1))
        case .folder:
            for key in ["pairs", "seed"] { try section[key].refuse(with: "data.kind: folder") }
            source = .folder(
                path: try section["path"].text("the path of a folder"),
                dropUnreadable: try section["drop_unreadable"].bool(default: false))
        case .latents:
            for key in ["pairs", "seed", "drop_unreadable"] { try section[key].refuse(with: "data.kind: latents") }
            source = .latents(path: try section["path"].text("the path of a folder"))
        }
    }

    var value: SettingsValue {
        var parts: (kind: Kind, path: SettingsValue, pairs: SettingsValue, seed: SettingsValue, drop: SettingsValue)
        switch source {
        case .shapes(let pairs, let seed): parts = (.shapes, .null, .int(pairs), .seed(seed), .null)
        case .folder(let path, let drop): parts = (.folder, .text(path), .null, .null, .bool(drop))
        case .latents(let path): parts = (.latents, .text(path), .null, .null, .null)
        }
        return .section([
            ("kind", .text(parts.kind.rawValue)), ("path", parts.path), ("size", .int(size)), ("pairs", parts.pairs),
            ("seed", parts.seed), ("drop_unreadable", parts.drop),
        ])
    }
}
