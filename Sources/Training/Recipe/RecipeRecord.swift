import Core

extension Recipe {
    /// What a recorded run keeps.
    package struct Record: KeyedSettings, Equatable {
        /// A checkpoint is kept after every so many steps; 0 for only the last.
        package var checkpointEvery = 0
        /// Whether latents are stored, so that a divergence can be traced to an element.
        package var latents = true
        /// Whether each step's gradients are stored, so that all updates can be checked in one pass.
        package var gradients = false

        /// Whether a checkpoint is kept after this step, were it not the last.
        func keepsCheckpoint(after step: Int) -> Bool { checkpointEvery > 0 && step % checkpointEvery == 0 }

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
                SettingsKey(
                    "gradients", \.gradients, .bool, default: .omitted(false),
                    "whether the gradients of each step are stored, as large as what is trained: an audit by drawing walks over "
                        + "them; changes no bit of a step"),
            ])
    }
}
