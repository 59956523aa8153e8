import Diffusion
import Preferences

/// What a step costs, in passes of one picture through the UNet. The backward pass counts as two: it takes about twice the
/// multiplications of the forward one.
package struct ComputeCost: Sendable, Equatable {
    /// Passes of the inversion, the mean over all timesteps; 0 with forward noising.
    package let inversion: Double
    /// Passes of the reference.
    package let reference: Double
    /// Passes of the policy, forward and backward.
    package let policy: Double

    /// Passes of one optimiser step.
    package var total: Double { inversion + reference + policy }

    /// The cost of a step of `recipe`, whose schedule has `timesteps` timesteps, all drawn alike.
    package init(_ recipe: Recipe, timesteps: Int = 1000) {
        let objective = recipe.objective.make(elements: 1)
        let training = recipe.training
        let pictures = Double(training.pairsPerStep * objective.samplesPerItem)
        if objective.noising == .inversion {
            let inversion = recipe.inversion ?? InversionSettings()
            let asked = (0..<timesteps).reduce(0) { sum, timestep in
                inversion.moves(to: timestep, of: timesteps).reduce(sum) { $0 + ($1.secondLabel == nil ? 1 : 2) }
            }
            let guided: Double = inversion.isGuided ? 2 : 1
            self.inversion = pictures * guided * Double(asked) / Double(timesteps)
        } else {
            inversion = 0
        }
        // K of other captions takes a survey of the batch; K of the batch itself only where it is computed in parts.
        let isSurveyed =
            switch objective.klSource {
            case .none: false
            case .batch: training.lanes > 1 || training.microPairs.map { $0 < training.pairsPerStep } ?? false
            case .mismatched: true
            }
        let surveys: Double = isSurveyed ? 1 : 0
        reference = objective.usesReference ? pictures * (1 + surveys) : 0
        policy = pictures * (3 + surveys)
    }
}
