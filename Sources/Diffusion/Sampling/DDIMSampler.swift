import Compute

/// Denoising diffusion implicit sampling (Song et al. 2021), as diffusers' `DDIMScheduler` does it.
package struct DDIMSampler: Sendable {
    /// The model.
    package let denoiser: Denoiser
    /// The timesteps visited, from noisy to clean.
    package let timesteps: [Int]
    /// ā after each of them.
    let nextAlphas: [Float]
    /// 0: deterministic; 1: as much fresh noise as DDPM.
    package let eta: Float
    /// Classifier-free guidance.
    package let guidance: Float
    /// Bound on x̂₀, or nil.
    package let clipRange: Float?

    /// A sampler of `steps` steps with the spacing of `config`.
    package init(denoiser: Denoiser, config: SchedulerConfig, steps: Int, guidance: Float = 1, eta: Float = 0) {
        let count = denoiser.schedule.count
        self.denoiser = denoiser
        self.guidance = guidance
        self.eta = eta
        clipRange = config.clipSampleRange.map { Float($0) }
        timesteps = DDIMSampler.timesteps(config, steps: steps, count: count)
        nextAlphas = timesteps.map { denoiser.schedule.alphaBar($0 - count / steps) }
    }

    static func timesteps(_ config: SchedulerConfig, steps: Int, count: Int) -> [Int] {
        switch config.timestepSpacing {
        case .leading: (0..<steps).reversed().map { $0 * (count / steps) + config.stepsOffset }
        case .trailing: trailing(steps: steps, count: count)
        case .linspace:
            // numpy.linspace: multiples of a rounded step, the end exact.
            (0..<steps).reversed().map { index in
                let step = Double(count - 1) / Double(max(1, steps - 1))
                let value = index == steps - 1 && steps > 1 ? Double(count - 1) : Double(index) * step
                return Int(value.rounded(.toNearestOrEven))
            }
        }
    }

    /// numpy.arange(count, 0, −count / steps), rounded, minus 1, with numpy's arithmetic: it adds multiples of the
    /// difference of its first two elements, and may give one element more than asked for.
    private static func trailing(steps: Int, count: Int) -> [Int] {
        let step = -Double(count) / Double(steps)
        let length = Int((-Double(count) / step).rounded(.up))
        let difference = (Double(count) + step) - Double(count)
        return (0..<length).map { Int((Double(count) + Double($0) * difference).rounded(.toNearestOrEven)) - 1 }
    }

    /// Samples from `noise` [n, c, h, w]. `freshNoise(step)` is asked for when eta > 0; `observe` sees each prediction
    /// and the picture after it.
    package func sample(
        _ noise: Tensor, _ condition: TextCondition, unconditional: TextCondition? = nil,
        freshNoise: ((Int) -> Tensor)? = nil, observe: ((Int, Tensor, Tensor) -> Void)? = nil
    ) -> Tensor {
        let (engine, schedule) = (denoiser.engine, denoiser.schedule)
        var x = noise
        for (step, timestep) in timesteps.enumerated() {
            let labels = [Int](repeating: timestep, count: x.shape[0])
            var output = denoiser.output(x, labels: labels, condition)
            if guidance != 1, let unconditional {
                let free = denoiser.output(x, labels: labels, unconditional)
                output = engine.add(free, engine.scale(engine.subtract(output, free), by: guidance))
            }
            var original = schedule.original(fromOutput: output, x: x, at: labels, on: engine)
            if let clipRange { original = clipped(original, to: clipRange) }
            let e = schedule.noise(fromOutput: output, x: x, at: labels, on: engine)
            let (alpha, next) = (schedule.alphaBar(timestep), nextAlphas[step])
            let variance = (1 - next) / (1 - alpha) * (1 - alpha / next)
            let deviation = eta * variance.squareRoot()
            x = engine.blend(original, next.squareRoot(), e, (1 - next - deviation * deviation).squareRoot())
            if eta > 0, let freshNoise { x = engine.blend(x, 1, freshNoise(step), deviation) }
            observe?(step, e, x)
        }
        return x
    }

    private func clipped(_ x: Tensor, to range: Float) -> Tensor {
        Tensor(x.floats.map { min(range, max(-range, $0)) }, shape: x.shape)
    }
}
