import Core

extension Recipe {
    /// What a recorded run keeps.
    package struct Record: Sendable, Equatable {
        /// A checkpoint is kept after every so many steps; 0 for only the last.
        package var checkpointEvery: Int
        /// Whether latents are stored, so that a divergence can be traced to an element.
        package var latents: Bool
    }
}

extension Recipe.Record {
    static let keys = ["checkpoint_every", "latents"]

    init(_ section: SettingsSection) throws {
        checkpointEvery = try section["checkpoint_every"].int(0...Int.max, default: 0)
        latents = try section["latents"].bool(default: true)
    }

    var value: SettingsValue { .section([("checkpoint_every", .int(checkpointEvery)), ("latents", .bool(latents))]) }
}
