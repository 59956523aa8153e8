import Core
import Diffusion

/// All that the pictures of a set of prompts follow from: a model's parts, how it draws, and the prompts.
package struct PictureSource: Sendable {
    /// The model, as it was asked for.
    package let model: String
    /// The prompts with what is drawn besides, one for each place of the whole file.
    package let prompts: Prompts
    /// How it draws.
    package let settings: DrawingSettings
    /// The noise.
    package let noise: NoiseRule
    /// The digests of the model's parts.
    package let digests: [String: Digest]
    /// Whether the model is told the pictures' size.
    package let isSized: Bool
    /// Prompts of those that are drawn which have more tokens than the model takes.
    package let cut: Int

    /// Takes all fields as they are.
    package init(
        model: String, prompts: Prompts, settings: DrawingSettings, noise: NoiseRule, digests: [String: Digest],
        isSized: Bool, cut: Int
    ) {
        (self.model, self.prompts, self.settings, self.noise) = (model, prompts, settings, noise)
        (self.digests, self.isSized, self.cut) = (digests, isSized, cut)
    }

    /// What the picture of the prompt at `place` follows from, as the text in its file says it.
    package func origin(of place: Int) -> JSONObject {
        DrawnPicture.origin(
            prompts, place: place, noise: noise.place(of: place), settings: settings, digests: digests,
            isSized: isSized, control: nil)
    }

    /// What the pictures of all places follow from alike, besides the model.
    package var drawing: JSONObject {
        var drawing = origin(of: 0)
        for key in ["prompt", "place", "model"] { drawing[key] = nil }
        return drawing
    }

    /// Stands for `origin`.
    package func key(of place: Int) -> Digest { .of(.document, .object(origin(of: place))) }
}
