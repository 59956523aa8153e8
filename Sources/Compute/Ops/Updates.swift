import CKernels

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

extension Engine {
    /// One AdamW update in place: p·decay; m += (g − m)(1 − β₁); v = v·β₂ + (1 − β₂)g²;
    /// p −= step·(m / (√v / √(1 − β₂ᵏ) + ε)).
    package func adamWInPlace(
        parameter: Tensor, firstMoment: Tensor, secondMoment: Tensor, gradient: Tensor, _ constants: AdamWConstants
    ) {
        begin("adamw", [parameter, firstMoment, secondMoment, gradient])
        let c = ck_adamw(
            decay: constants.decay, one_minus_beta1: constants.oneMinusBeta1, beta2: constants.beta2,
            one_minus_beta2: constants.oneMinusBeta2, root_correction2: constants.rootCorrection2, eps: constants.eps,
            step: constants.step)
        let (p, m, v, g) = (parameter.pointer, firstMoment.pointer, secondMoment.pointer, gradient.pointer)
        let update = kernels.pointee.optimizer.adamw!
        overSpans(parameter.count) { range in
            let at = range.lowerBound
            withUnsafePointer(to: c) { update(p + at, m + at, v + at, g + at, $0, range.count) }
        }
        end([parameter, firstMoment, secondMoment])
    }

    /// `average = average·decay + parameter·(1 − decay)` in place.
    package func movingAverageInPlace(_ average: Tensor, parameter: Tensor, decay: Float) {
        begin("moving average", [average, parameter])
        let (a, p, update) = (average.pointer, parameter.pointer, kernels.pointee.optimizer.ema!)
        overSpans(average.count) { update(a + $0.lowerBound, p + $0.lowerBound, decay, 1 - decay, $0.count) }
        end([average])
    }
}
