import Compute

/// Moves between noise levels, a sample at a time, each with its own timesteps. Every line is one Float32 operation.
extension NoiseSchedule {
    /// The noise ε that a model's output stands for: the output itself, or √ā·v + √(1−ā)·x.
    package func noise(fromOutput output: Tensor, x: Tensor, at timesteps: [Int]) -> Tensor {
        guard prediction == .velocity else { return output }
        return perSample(output, x, timesteps) { alpha, v, x in
            let (root, rest) = (alpha.squareRoot(), (1 - alpha).squareRoot())
            return { root * v[$0] + rest * x[$0] }
        }
    }

    /// The picture x̂₀ that a model's output stands for.
    package func original(fromOutput output: Tensor, x: Tensor, at timesteps: [Int]) -> Tensor {
        let isVelocity = prediction == .velocity
        return perSample(output, x, timesteps) { alpha, output, x in
            let (root, rest) = (alpha.squareRoot(), (1 - alpha).squareRoot())
            return isVelocity
                ? { root * x[$0] - rest * output[$0] } : { (x[$0] - rest * output[$0]) / root }
        }
    }

    /// x_t = √ā_t·x₀ + √(1−ā_t)·n, the timestep of each sample.
    package func noised(_ x0: Tensor, noise: Tensor, at timesteps: [Int]) -> Tensor {
        perSample(x0, noise, timesteps) { alpha, x0, noise in
            let (root, rest) = (alpha.squareRoot(), (1 - alpha).squareRoot())
            return { root * x0[$0] + rest * noise[$0] }
        }
    }

    /// φ(x, e, s→d) = √ā_d·(x − √(1−ā_s)·e)/√ā_s + √(1−ā_d)·e (DDIM, eta 0).
    package func moved(_ x: Tensor, noise: Tensor, from sources: [Int], to destinations: [Int]) -> Tensor {
        let result = Tensor(uninitialized: x.shape)
        let size = x.count / x.shape[0]
        // Looked up once: a loop that asks the tensors each time is not vectorised.
        let (values, errors, moved) = (x.pointer, noise.pointer, result.pointer)
        for (sample, (source, destination)) in zip(sources, destinations).enumerated() {
            let (from, to) = (alphaBar(source), alphaBar(destination))
            let (fromRoot, fromRest) = (from.squareRoot(), (1 - from).squareRoot())
            let (toRoot, toRest) = (to.squareRoot(), (1 - to).squareRoot())
            for index in sample * size..<(sample + 1) * size {
                let e = errors[index]
                let original = (values[index] - fromRest * e) / fromRoot
                moved[index] = toRoot * original + toRest * e
            }
        }
        return result
    }

    /// x + η·σ·n with σ² = (1−ā_s)/(1−ā_d)·(1 − ā_d/ā_s): what DDIM-InPO adds after a move (public code train.py 990–1053).
    package func perturbed(
        _ x: Tensor, by noise: Tensor, scale: Float, from sources: [Int], to destinations: [Int]
    ) -> Tensor {
        let result = Tensor(uninitialized: x.shape)
        let size = x.count / x.shape[0]
        let (values, added, perturbed) = (x.pointer, noise.pointer, result.pointer)
        for (sample, (source, destination)) in zip(sources, destinations).enumerated() {
            let (from, to) = (alphaBar(source), alphaBar(destination))
            // A move that stays at its level has no noise, at ā = 1 either.
            let variance = to < from ? (1 - from) / (1 - to) * (1 - to / from) : 0
            let factor = scale * variance.squareRoot()
            for index in sample * size..<(sample + 1) * size {
                perturbed[index] = values[index] + factor * added[index]
            }
        }
        return result
    }

    /// τ = (x̃_t − √ā_t·x₀)/√(1−ā_t): the noise that leads from x₀ straight to x̃_t.
    package func target(_ xt: Tensor, original x0: Tensor, at timesteps: [Int]) -> Tensor {
        perSample(xt, x0, timesteps) { alpha, xt, x0 in
            let (root, rest) = (alpha.squareRoot(), (1 - alpha).squareRoot())
            return { (xt[$0] - root * x0[$0]) / rest }
        }
    }

    /// v = √ā·n − √(1−ā)·x₀.
    package func velocity(_ x0: Tensor, noise: Tensor, at timesteps: [Int]) -> Tensor {
        perSample(noise, x0, timesteps) { alpha, noise, x0 in
            let (root, rest) = (alpha.squareRoot(), (1 - alpha).squareRoot())
            return { root * noise[$0] - rest * x0[$0] }
        }
    }

    private typealias Values = UnsafeMutablePointer<Float>

    private func perSample(
        _ a: Tensor, _ b: Tensor, _ timesteps: [Int], _ formula: (Float, Values, Values) -> (Int) -> Float
    ) -> Tensor {
        precondition(a.shape == b.shape && timesteps.count == a.shape[0])
        let result = Tensor(uninitialized: a.shape)
        let size = a.count / a.shape[0]
        let values = result.pointer
        for (sample, timestep) in timesteps.enumerated() {
            let value = formula(alphaBar(timestep), a.pointer, b.pointer)
            for index in sample * size..<(sample + 1) * size { values[index] = value(index) }
        }
        return result
    }
}
