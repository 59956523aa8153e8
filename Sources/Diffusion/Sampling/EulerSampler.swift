import Compute

/// Euler's method along σ (Karras et al. 2022, without churn), as diffusers' `EulerDiscreteScheduler` does it: the sample is
/// picture + σ · noise, and the network is shown it over √(σ² + 1).
package struct EulerSampler: Sampler {
    package let timesteps: [Float]
    package let initialScale: Float
    /// σ of each call, and after the last.
    package let sigmas: [Float]

    private let prediction: SchedulerConfig.PredictionType

    /// A sampler of `steps` steps over `schedule`, as `config` says.
    package init(_ schedule: NoiseSchedule, _ config: SamplerConfig, steps: Int) {
        prediction = schedule.prediction
        let table = SigmaTable(schedule)
        let even = SamplerTimesteps.euler(config.scheduler, steps: steps, count: schedule.count)
        let plain = even.map(table.value)
        let own = config.spread(plain, count: steps)
        timesteps = own.map { $0.map { Float(table.timestep(of: $0)) } } ?? even
        sigmas = (own ?? plain).map { Float($0) } + [config.finalSigma == .zero ? 0 : table.values[0]]
        let most = Double(sigmas.max() ?? 0)
        initialScale = Float(config.scheduler.timestepSpacing == .leading ? (most * most + 1).squareRoot() : most)
    }

    package func input(_ x: Tensor, call: Int, on engine: Engine) -> Tensor {
        let sigma = Double(sigmas[call])
        return engine.scale(x, by: Float(1 / (sigma * sigma + 1).squareRoot()))
    }

    package func moved(
        _ x: Tensor, by output: Tensor, call: Int, history: inout SamplerHistory, freshNoise: ((Int) -> Tensor)?,
        on engine: Engine
    ) -> Tensor {
        let (sigma, next) = (Double(sigmas[call]), Double(sigmas[call + 1]))
        guard prediction == .velocity else { return engine.blend(x, 1, output, Float(next - sigma)) }
        // The slope (x − x̂₀) / σ with x̂₀ = x / (σ² + 1) − v · σ / √(σ² + 1).
        let variance = sigma * sigma + 1
        return engine.blend(
            x, Float(1 + (next - sigma) * sigma / variance), output, Float((next - sigma) / variance.squareRoot()))
    }
}

extension SamplerConfig {
    /// Karras' or exponential σ, as many as `count`, between the ends of `plain`; nil where σ is the timesteps'.
    func spread(_ plain: [Double], count: Int) -> [Double]? {
        let (most, least) = (sigmaRange.most ?? plain[0], sigmaRange.least ?? plain[plain.count - 1])
        return switch sigmas {
        case .ofTimesteps: nil
        case .karras: SigmaTable.karras(from: most, to: least, count: count)
        case .exponential: SigmaTable.exponential(from: most, to: least, count: count)
        }
    }
}
