import Compute

/// Moves between noise levels, a sample at a time, each with its own timesteps. Every line is one Float32 operation.
extension NoiseSchedule {
    /// The noise ε that a model's output stands for: the output itself, or √ā·v + √(1−ā)·x.
    package func noise(fromOutput output: Tensor, x: Tensor, at timesteps: [Int], on engine: Engine) -> Tensor {
        guard prediction == .velocity else { return output }
        let (roots, rests) = roots(timesteps)
        return engine.perSample(.blend(alpha: roots, beta: rests), output, x)
    }

    /// The picture x̂₀ that a model's output stands for: √ā·x − √(1−ā)·v, or (x − √(1−ā)·ε) / √ā.
    package func original(fromOutput output: Tensor, x: Tensor, at timesteps: [Int], on engine: Engine) -> Tensor {
        let (roots, rests) = roots(timesteps)
        let formula: SampleFormula =
            prediction == .velocity
            ? .blend(alpha: roots, beta: rests.map(-))
            : .quotient(alpha: timesteps.map { _ in 1 }, beta: rests.map(-), divisor: roots)
        return engine.perSample(formula, x, output)
    }

    /// x_t = √ā_t·x₀ + √(1−ā_t)·n, the timestep of each sample.
    package func noised(_ x0: Tensor, noise: Tensor, at timesteps: [Int], on engine: Engine) -> Tensor {
        let (roots, rests) = roots(timesteps)
        return engine.perSample(.blend(alpha: roots, beta: rests), x0, noise)
    }

    /// φ(x, e, s→d) = √ā_d·(x − √(1−ā_s)·e)/√ā_s + √(1−ā_d)·e (DDIM, eta 0).
    package func moved(
        _ x: Tensor, noise: Tensor, from sources: [Int], to destinations: [Int], on engine: Engine
    ) -> Tensor {
        let moves = zip(sources, destinations).map { source, destination in
            let (from, to) = (alphaBar(source), alphaBar(destination))
            return SampleFormula.Move(
                fromRoot: from.squareRoot(), fromRest: (1 - from).squareRoot(), toRoot: to.squareRoot(),
                toRest: (1 - to).squareRoot())
        }
        return engine.perSample(.move(moves), x, noise)
    }

    /// x + η·σ·n with σ² = (1−ā_s)/(1−ā_d)·(1 − ā_d/ā_s): what DDIM-InPO adds after a move (public code train.py 990–1053).
    package func perturbed(
        _ x: Tensor, by noise: Tensor, scale: Float, from sources: [Int], to destinations: [Int], on engine: Engine
    ) -> Tensor {
        let factors = zip(sources, destinations).map { source, destination in
            let (from, to) = (alphaBar(source), alphaBar(destination))
            // A move that stays at its level has no noise, at ā = 1 either.
            let variance = to < from ? (1 - from) / (1 - to) * (1 - to / from) : 0
            return scale * variance.squareRoot()
        }
        return engine.perSample(.blend(alpha: factors.map { _ in 1 }, beta: factors), x, noise)
    }

    /// τ = (x̃_t − √ā_t·x₀)/√(1−ā_t): the noise that leads from x₀ straight to x̃_t.
    package func target(_ xt: Tensor, original x0: Tensor, at timesteps: [Int], on engine: Engine) -> Tensor {
        let (roots, rests) = roots(timesteps)
        return engine.perSample(
            .quotient(alpha: timesteps.map { _ in 1 }, beta: roots.map(-), divisor: rests), xt, x0)
    }

    /// v = √ā·n − √(1−ā)·x₀.
    package func velocity(_ x0: Tensor, noise: Tensor, at timesteps: [Int], on engine: Engine) -> Tensor {
        let (roots, rests) = roots(timesteps)
        return engine.perSample(.blend(alpha: roots, beta: rests.map(-)), noise, x0)
    }

    /// √ā and √(1−ā) of each timestep.
    private func roots(_ timesteps: [Int]) -> (roots: [Float], rests: [Float]) {
        let levels = timesteps.map(alphaBar)
        return (levels.map { $0.squareRoot() }, levels.map { (1 - $0).squareRoot() })
    }
}
