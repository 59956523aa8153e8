import Compute

/// DPM-Solver++ 2M (Lu et al. 2022, algorithm 2), as diffusers' `DPMSolverMultistepScheduler` does it: a multistep method of
/// order 2 for the predicted picture x̂₀, in λ = ln(α/σ̂) with α = 1/√(σ² + 1), σ̂ = σ·α.
package struct DPMSolverSampler: Sampler {
    package let timesteps: [Float]
    /// σ of each call, and after the last.
    package let sigmas: [Float]

    private let prediction: SchedulerConfig.PredictionType
    private let order: Int
    private let solver: SamplerConfig.SolverType
    private let endsByFirstOrder: Bool

    /// A sampler of `steps` steps over `schedule`, as `config` says.
    package init(_ schedule: NoiseSchedule, _ config: SamplerConfig, steps: Int) {
        (prediction, order, solver) = (schedule.prediction, config.solverOrder, config.solverType)
        let table = SigmaTable(schedule)
        if let own = config.spread(table.values.reversed().map(Double.init), count: steps) {
            // diffusers rounds Karras' timesteps to the nearest and cuts all others off.
            let rounds = config.sigmas == .karras && config.scheduler.betaSchedule != .squaredCosine
            timesteps = own.map { Float(table.timestep(of: $0).rounded(rounds ? .toNearestOrEven : .towardZero)) }
            sigmas = own.map { Float($0) } + [config.finalSigma == .zero ? 0 : table.values[0]]
        } else {
            timesteps = SamplerTimesteps.dpmSolver(config.scheduler, steps: steps, count: schedule.count).map(
                Float.init)
            sigmas = timesteps.map { Float(table.value(at: $0)) } + [config.finalSigma == .zero ? 0 : table.values[0]]
        }
        endsByFirstOrder =
            config.finalSigma == .zero || config.eulerAtFinal || config.lowerOrderFinal && timesteps.count < 15
    }

    package func moved(
        _ x: Tensor, by output: Tensor, call: Int, history: inout SamplerHistory, freshNoise: ((Int) -> Tensor)?,
        on engine: Engine
    ) -> Tensor {
        let original = original(x, output, call, engine)
        let (sigma, next) = (Double(sigmas[call]), Double(sigmas[call + 1]))
        let (alpha, nextAlpha) = (Self.alpha(sigma), Self.alpha(next))
        let kept = Float(next * nextAlpha / (sigma * alpha))
        // e^(−h) is σ_next / σ.
        let gain = nextAlpha * (1 - next / sigma)
        let previous = history.outputs.first
        history.outputs = [original]
        let isFirstOrder = order == 1 || call == timesteps.count - 1 && endsByFirstOrder
        // Karras' σ reach the last one a call early where they end at σ of timestep 0: nothing is left to do.
        guard !isFirstOrder, let previous, next != sigma else { return engine.blend(x, kept, original, Float(gain)) }
        let step = Elementary.log(sigma / next)
        let ratio = step / Elementary.log(Double(sigmas[call - 1]) / sigma)
        let slope =
            switch solver {
            case .midpoint: 0.5 * gain * ratio
            case .heun: nextAlpha * ((next / sigma - 1) / step + 1) * ratio
            }
        let straight = engine.blend(x, kept, original, Float(gain + slope))
        return engine.blend(straight, 1, previous, Float(-slope))
    }

    private static func alpha(_ sigma: Double) -> Double { 1 / (sigma * sigma + 1).squareRoot() }

    /// x̂₀ = (x − σ̂·ε) / α, or α·x − σ̂·v.
    private func original(_ x: Tensor, _ output: Tensor, _ call: Int, _ engine: Engine) -> Tensor {
        let sigma = Double(sigmas[call])
        let alpha = Self.alpha(sigma)
        return prediction == .velocity
            ? engine.blend(x, Float(alpha), output, Float(-sigma * alpha))
            : engine.blend(x, Float(1 / alpha), output, Float(-sigma))
    }
}
