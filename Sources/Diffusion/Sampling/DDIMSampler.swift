import Compute

/// Denoising diffusion implicit sampling (Song et al. 2021), as diffusers' `DDIMScheduler` does it.
package struct DDIMSampler: Sampler {
    /// The timesteps visited, from noisy to clean.
    package let steps: [Int]
    package var timesteps: [Float] { steps.map(Float.init) }
    /// 0: deterministic; 1: as much fresh noise as DDPM.
    package let eta: Float

    private let schedule: NoiseSchedule
    /// ā after each of the timesteps.
    private let nextAlphas: [Float]
    /// Bound on x̂₀, or nil.
    private let clipRange: Float?

    /// A sampler of `steps` steps over `schedule` with the spacing and the clipping of `config`.
    package init(_ schedule: NoiseSchedule, _ config: SchedulerConfig, steps: Int, eta: Float = 0) {
        let count = schedule.count
        self.schedule = schedule
        self.eta = eta
        clipRange = config.clipSampleRange.map { Float($0) }
        self.steps = SamplerTimesteps.even(config, steps: steps, count: count)
        nextAlphas = self.steps.map { schedule.alphaBar($0 - count / steps) }
    }

    package func moved(
        _ x: Tensor, by output: Tensor, call: Int, history: inout SamplerHistory, freshNoise: ((Int) -> Tensor)?,
        on engine: Engine
    ) -> Tensor {
        let timestep = steps[call]
        let labels = [Int](repeating: timestep, count: x.shape[0])
        var original = schedule.original(fromOutput: output, x: x, at: labels, on: engine)
        if let clipRange { original = clipped(original, to: clipRange, engine) }
        let e = schedule.noise(fromOutput: output, x: x, at: labels, on: engine)
        let (alpha, next) = (schedule.alphaBar(timestep), nextAlphas[call])
        let variance = (1 - next) / (1 - alpha) * (1 - alpha / next)
        let deviation = eta * variance.squareRoot()
        let reached = engine.blend(original, next.squareRoot(), e, (1 - next - deviation * deviation).squareRoot())
        guard eta > 0, let freshNoise else { return reached }
        return engine.blend(reached, 1, freshNoise(call), deviation)
    }

    private func clipped(_ x: Tensor, to range: Float, _ engine: Engine) -> Tensor {
        engine.tensor(x.floats.map { min(range, max(-range, $0)) }, shape: x.shape)
    }
}
