/// AdamW's constants of one step, in Float32.
package struct AdamWConstants: Sendable {
    /// 1 − lr·λ.
    package var decay: Float
    /// 1 − β₁.
    package var oneMinusBeta1: Float
    /// β₂.
    package var beta2: Float
    /// 1 − β₂.
    package var oneMinusBeta2: Float
    /// √(1 − β₂ᵏ).
    package var rootCorrection2: Float
    /// ε.
    package var eps: Float
    /// lr / (1 − β₁ᵏ).
    package var step: Float

    /// All constants, already rounded.
    package init(
        decay: Float, oneMinusBeta1: Float, beta2: Float, oneMinusBeta2: Float, rootCorrection2: Float, eps: Float,
        step: Float
    ) {
        self.decay = decay
        self.oneMinusBeta1 = oneMinusBeta1
        self.beta2 = beta2
        self.oneMinusBeta2 = oneMinusBeta2
        self.rootCorrection2 = rootCorrection2
        self.eps = eps
        self.step = step
    }
}

/// Adafactor's constants of one step.
package struct AdafactorConstants: Sendable {
    /// b: what the means keep.
    package var decay: Float
    /// 1 − b.
    package var oneMinusDecay: Float
    /// ε, added to each squared gradient.
    package var eps: Float
    /// d: the root mean square that no update exceeds, before the learning rate.
    package var clipThreshold: Float
    /// lr.
    package var rate: Double
    /// lr·λ.
    package var weightDecay: Float

    /// All constants, already rounded but for the rate.
    package init(
        decay: Float, oneMinusDecay: Float, eps: Float, clipThreshold: Float, rate: Double, weightDecay: Float
    ) {
        self.decay = decay
        self.oneMinusDecay = oneMinusDecay
        self.eps = eps
        self.clipThreshold = clipThreshold
        self.rate = rate
        self.weightDecay = weightDecay
    }
}

/// The constants of one step of gradient descent.
package struct GradientDescentConstants: Sendable {
    /// μ: what the sum of gradients keeps.
    let momentum: Float
    /// λ.
    let weightDecay: Float
    /// lr.
    let rate: Float
}

extension Engine {
    /// One AdamW update in place: p·decay; m += (g − m)(1 − β₁); v = v·β₂ + (1 − β₂)g²;
    /// p −= step·(m / (√v / √(1 − β₂ᵏ) + ε)).
    package func adamWInPlace(
        parameter: Tensor, firstMoment: Tensor, secondMoment: Tensor, gradient: Tensor, _ constants: AdamWConstants
    ) {
        begin("adamw", [parameter, firstMoment, secondMoment, gradient])
        device.run(
            .adamW(constants, parameter: parameter, first: firstMoment, second: secondMoment, gradient: gradient))
        end([parameter, firstMoment, secondMoment])
    }

    /// One Adafactor update in place of a stack of matrices, parameter and gradient […, r, c], from the means of squared
    /// gradients over their rows, […, r], and columns, […, c] (Shazeer & Stern 2018, algorithm 4, transformers' order):
    /// s = g² + ε; row = row·b + mean(s)·(1 − b), column alike; u = g·(1/√column)·(1/√(row / mean(row)));
    /// p −= p·lr·λ; p −= u·lr / max(1, rms(u) / d).
    package func adafactorInPlace(
        parameter: Tensor, rowMeans: Tensor, columnMeans: Tensor, gradient: Tensor, _ constants: AdafactorConstants
    ) {
        begin("adafactor", [parameter, rowMeans, columnMeans, gradient])
        let (rows, columns) = (gradient.shape[gradient.shape.count - 2], gradient.shape[gradient.shape.count - 1])
        precondition(rowMeans.count * columns == gradient.count && columnMeans.count * rows == gradient.count)
        device.run(
            .adafactor(constants, parameter: parameter, rows: rowMeans, columns: columnMeans, gradient: gradient))
        end([parameter, rowMeans, columnMeans])
    }

    /// The same of a tensor that keeps all its squares: v = v·b + s·(1 − b); u = g / √v.
    package func adafactorInPlace(
        parameter: Tensor, squares: Tensor, gradient: Tensor, _ constants: AdafactorConstants
    ) {
        begin("adafactor", [parameter, squares, gradient])
        device.run(.adafactorWhole(constants, parameter: parameter, squares: squares, gradient: gradient))
        end([parameter, squares])
    }

    /// One step of gradient descent in place: d = g + p·λ; where there is a `sum` of gradients, sum = sum·μ + d and
    /// d = sum; p −= d·lr.
    package func gradientDescentInPlace(
        parameter: Tensor, sum: Tensor?, gradient: Tensor, momentum: Float, weightDecay: Float, rate: Float
    ) {
        begin("gradient descent", [parameter, sum, gradient])
        let constants = GradientDescentConstants(momentum: momentum, weightDecay: weightDecay, rate: rate)
        device.run(.gradientDescent(constants, parameter: parameter, sum: sum, gradient: gradient))
        end([parameter] + (sum.map { [$0] } ?? []))
    }

    /// `average = average·decay + parameter·(1 − decay)` in place.
    package func movingAverageInPlace(_ average: Tensor, parameter: Tensor, decay: Float) {
        begin("moving average", [average, parameter])
        device.run(.movingAverage(average, of: parameter, decay: decay))
        end([average])
    }
}
