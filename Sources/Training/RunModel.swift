import Core
import Diffusion
import Preferences

/// The model of a run.
package enum RunModel: Sendable {
    /// A diffusion model.
    case diffusion(DiffusionModel)
    /// A scorer.
    case scorer(PickScore)

    /// All components.
    package var pipeline: Pipeline {
        switch self {
        case .diffusion(let model): model.pipeline
        case .scorer(let scorer): scorer.pipeline
        }
    }

    /// The diffusion model; nil where a scorer is trained.
    package var diffusionModel: DiffusionModel? { if case .diffusion(let model) = self { model } else { nil } }

    /// Planes of a picture.
    var channels: Int {
        switch self {
        case .diffusion(let model): model.unet.config.inChannels
        case .scorer: 3
        }
    }

    /// Whether the network is told the samples' sizes.
    var needsSizes: Bool { diffusionModel?.needsSizes ?? false }

    /// The token ids of a caption for the encoder that is trained, padded to the encoder's length.
    package func tokenIDs(_ caption: String) -> [Int] {
        switch self {
        case .diffusion(let model): model.textEncoders[0].tokenIDs(caption)
        case .scorer(let scorer): scorer.tokenIDs(caption)
        }
    }

    /// Whether a caption has more tokens than the encoder takes.
    func cuts(_ caption: String) -> Bool {
        switch self {
        case .diffusion(let model): model.cuts(caption)
        case .scorer(let scorer): scorer.cuts(caption)
        }
    }
}
