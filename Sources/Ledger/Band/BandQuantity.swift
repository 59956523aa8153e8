/// A quantity that a band bounds: the numbers of a step in which a foreign backend and the reference may differ.
package enum BandQuantity: String, CaseIterable, Sendable {
    /// The latents that the networks see, each by its relative L2 distance.
    case latents
    /// The mean squared errors of the predictions, in units of the last place (ULP) of Float32.
    case errors
    /// The losses of the items and of the step, in ULP of Float32.
    case loss
    /// The gradients of the parameters, each by its relative L2 distance.
    case gradients

    /// The phase whose record holds it.
    package var phase: Phase { Entries.all.first { $0.quantity == self }!.phase }

    /// The unit of distances.
    package var unit: String {
        switch self {
        case .latents, .gradients: "relative L2"
        case .errors, .loss: "ULP"
        }
    }
}
