import Core
import Diffusion

/// How pictures are drawn, besides their prompts and the model.
package struct DrawingSettings: Sendable {
    /// The sampler, with what it takes of the schedule.
    package var sampler: SamplerConfig
    /// Steps. PNDM calls the network once more.
    package var steps: Int
    /// Classifier-free guidance; not above 1 is off.
    package var guidance: Float
    /// Fresh noise in DDIM: 0 none, 1 as DDPM.
    package var eta: Float
    /// Of the pictures, in pixels.
    package var height, width: Int
    /// Seed of the noise. A picture's noise depends on it and on the picture's place in the list alone.
    package var seed: UInt64
    /// Pictures that are drawn at once. No bit depends on it.
    package var atOnce: Int

    /// All settings.
    package init(
        sampler: SamplerConfig, steps: Int, guidance: Float, eta: Float = 0, height: Int, width: Int, seed: UInt64,
        atOnce: Int = 1
    ) {
        precondition(steps >= 1 && height >= 1 && width >= 1 && atOnce >= 1)
        (self.sampler, self.steps, self.guidance, self.eta) = (sampler, steps, guidance, eta)
        (self.height, self.width, self.seed, self.atOnce) = (height, width, seed, atOnce)
    }

    /// Whether the network is called for the negative prompt too.
    var isGuided: Bool { guidance > 1 }

    /// For records: all of it that a picture depends on.
    package var json: JSONObject {
        var object: JSONObject = [
            "sampler": sampler.json, "steps": .integer(steps), "guidance": .decimal(Double(guidance)),
            "height": .integer(height), "width": .integer(width), "seed": .integer(seed),
        ]
        if eta != 0 { object["eta"] = .decimal(Double(eta)) }
        return object
    }
}
