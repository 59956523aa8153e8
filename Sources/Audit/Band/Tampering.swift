/// The standard changes of a step that an audit within a band measures itself by.
package enum Tampering: String, CaseIterable, Sendable {
    /// The first item's pictures are another item's; the caption stays.
    case sample = "swapped sample"
    /// The first item's timestep is one more (or one less at the end).
    case timestep = "timestep off by one"
    /// One element of the first picture's noise is 1e-3 more: of the noise that is added, or of the latent whose
    /// inversion is the noise.
    case noise = "one noise element +1e-3"
    /// The learning rate.
    case learningRate = "learning rate +0.1 %"
    /// AdamW's β₂, or what makes the moments of another optimiser fade.
    case beta2 = "β₂ +0.01 %"
    /// λ.
    case weightDecay = "weight decay ×2"
}
