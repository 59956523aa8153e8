import ArgumentParser
import Diffusion
import Studies

/// By which sampler pictures are drawn.
struct SamplerOptions: ParsableArguments {
    @Option(
        help:
            "Sampler: ddim, pndm, euler or dpmpp2m (default: the one that the scheduler's file of a model over latents names; ddim of a model over pictures)."
    )
    var scheduler: SamplerKind?

    @Option(
        help: "Spacing of the timesteps: leading, trailing or linspace (default: as the file says or leaves open).")
    var spacing: SchedulerConfig.TimestepSpacing?

    @Flag(
        inversion: .prefixedNo,
        help: "Karras' noise levels, for euler and dpmpp2m, or none (default: as the file says).")
    var karras: Bool?

    @Option(help: "Steps (default: 50 over latents, 25 over pictures).")
    var steps: Int?

    @Option(help: "Classifier-free guidance; 1 is off (default: 7.5 for SD1.5, 5 for SDXL, 1 over pictures).")
    var guidance: Float?

    @Option(help: "Fresh noise in ddim: 0 none, 1 as DDPM.")
    var eta: Float = 0

    func validate() throws {
        if let steps, steps < 1 || steps > 1000 { throw ValidationError("--steps must be between 1 and 1000") }
        if let guidance, !guidance.isFinite { throw ValidationError("--guidance must be a number") }
        if eta < 0 || eta > 1 { throw ValidationError("--eta must be between 0 and 1") }
    }

    /// What is said of sampler, steps and guidance.
    var request: DrawingRequest {
        var request = DrawingRequest()
        (request.sampler, request.spacing, request.isKarras) = (scheduler, spacing, karras)
        (request.steps, request.guidance, request.eta) = (steps, guidance, eta)
        return request
    }

    /// The sampler that `model`'s own file leads to.
    func config(_ model: DiffusionModel) throws -> SamplerConfig { try request.sampler(of: model) }

    /// Steps for `model`: diffusers' own number over latents.
    func steps(_ model: DiffusionModel) -> Int { request.steps(of: model) }

    /// Guidance for `model`: that of diffusers' pipelines over latents.
    func guidance(_ model: DiffusionModel) -> Float { request.guidance(of: model) }
}

extension SamplerKind: ExpressibleByArgument {}
extension SchedulerConfig.TimestepSpacing: ExpressibleByArgument {}
