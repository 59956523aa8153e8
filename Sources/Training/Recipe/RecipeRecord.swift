import Core

extension Recipe {
    /// What a recorded run keeps.
    package struct Record: KeyedSettings, Equatable {
        /// A checkpoint is kept after every so many steps; 0 for only the last.
        package var checkpointEvery = 0
        /// Whether latents are stored, so that a divergence can be traced to an element.
        package var latents = true

        /// The keys of `record`.
        package static let schema = SettingsSchema<Record>(
            Record(),
            [
                SettingsKey(
                    "checkpoint_every", \.checkpointEvery, .int(0...Int.max),
                    "a checkpoint is kept after every so many steps; 0 for only the last"),
                SettingsKey(
                    "latents", \.latents, .bool,
                    "whether latents are stored, so that a divergence can be traced to an element"),
            ])
    }
}
