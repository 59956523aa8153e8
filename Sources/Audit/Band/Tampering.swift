/// The standard changes of a step that an audit within a band measures itself by.
public enum Tampering: String, CaseIterable, Sendable {
    /// The first item's pictures are another item's; the caption stays.
    case sample = "swapped sample"
    /// The first item's timestep is one more (or one less at the end).
    case timestep = "timestep off by one"
    /// One element of the first picture's noise is 1e-3 more: of the noise that is added, or of the latent whose
    /// inversion is the noise.
    case noise = "one noise element +1e-3"
    /// The learning rate.
    case learningRate = "learning rate +0.1 %"
    /// AdamW's β₂.
    case beta2 = "β₂ +0.01 %"
    /// AdamW's λ.
    case weightDecay = "weight decay ×2"
}

/// What an audit within a band would have made of each standard tampering of one step.
public struct DetectionPower: Sendable {
    /// What would become of one tampering.
    public struct Finding: Sendable, Equatable {
        /// The change.
        public let tampering: Tampering
        /// Whether the audit would have said `diverged`.
        public let isCaught: Bool
        /// What catches it, or what it looks like from inside the band.
        public let detail: String
    }

    /// The step that was changed.
    public let step: Int
    /// All tamperings in their order.
    public let findings: [Finding]
}
