import Compute

/// The learning rate of each optimiser step, as diffusers' `get_scheduler`.
package struct LearningRate: Sendable, Equatable {
    /// The curve after the warm-up; all but `constant` rise linearly from 0 first: the first update then has rate 0.
    package enum Schedule: String, Sendable, CaseIterable {
        /// The base rate from the first step.
        case constant
        /// Constant after the warm-up.
        case constantWithWarmup = "constant_with_warmup"
        /// Falling along a line to 0 after the last step.
        case linear
        /// Half a cosine down to 0 after the last step.
        case cosine
        /// Half a cosine several times, each from the base rate.
        case cosineWithRestarts = "cosine_with_restarts"
        /// Falling to `end` along a power of the part that is left.
        case polynomial
    }

    /// The curve.
    package let schedule: Schedule
    /// The rate at its highest.
    package let base: Double
    /// Steps of rising.
    package let warmup: Int
    /// Steps of the run.
    package let total: Int
    /// How often `cosineWithRestarts` starts.
    package let cycles: Int
    /// The power of `polynomial`.
    package let power: Double
    /// The rate that `polynomial` falls to.
    package let end: Double

    /// A schedule over `total` steps.
    package init(
        schedule: Schedule, base: Double, warmup: Int = 0, total: Int, cycles: Int = 1, power: Double = 1,
        end: Double = 1e-7
    ) {
        self.schedule = schedule
        self.base = base
        self.warmup = warmup
        self.total = total
        self.cycles = cycles
        self.power = power
        self.end = end
    }

    /// The rate of step `k`, counted from 0.
    package func rate(_ k: Int) -> Double {
        if schedule == .constant { return base }
        if k < warmup { return base * (Double(k) / Double(warmup)) }
        let progress = Double(k - warmup) / Double(max(1, total - warmup))
        switch schedule {
        case .constant, .constantWithWarmup: return base
        case .linear: return base * max(0, Double(total - k) / Double(max(1, total - warmup)))
        case .cosine: return base * (0.5 * (1 + Elementary.cos(Double.pi * progress)))
        case .cosineWithRestarts:
            if progress >= 1 { return 0 }
            let turns = Double(cycles) * progress
            return base * max(0, 0.5 * (1 + Elementary.cos(Double.pi * (turns - turns.rounded(.down)))))
        case .polynomial: return progress >= 1 ? end : (base - end) * raised(1 - progress) + end
        }
    }

    /// x to the power, for 0 < x ≤ 1.
    private func raised(_ x: Double) -> Double {
        power == 1 ? x : Elementary.exp(power * Elementary.log(x))
    }
}
