import Tensors

/// The learning rate of each optimiser step.
public struct LearningRate: Sendable, Equatable {
    /// The curve after the warm-up.
    public enum Schedule: String, Sendable, CaseIterable {
        /// The base rate from the first step.
        case constant
        /// Rising linearly from 0 over the warm-up, then constant: the first update has rate 0.
        case constantWithWarmup = "constant_with_warmup"
        /// Rising over the warm-up, then half a cosine down to 0 at the last step.
        case cosine
    }

    /// The curve.
    public let schedule: Schedule
    /// The rate at its highest.
    public let base: Double
    /// Steps of rising.
    public let warmup: Int
    /// Steps of the run.
    public let total: Int

    /// A schedule over `total` steps.
    public init(schedule: Schedule, base: Double, warmup: Int = 0, total: Int) {
        self.schedule = schedule
        self.base = base
        self.warmup = warmup
        self.total = total
    }

    /// The rate of step `k`, counted from 0.
    public func rate(_ k: Int) -> Double {
        switch schedule {
        case .constant: return base
        case .constantWithWarmup: return k < warmup ? base * (Double(k) / Double(warmup)) : base
        case .cosine:
            if k < warmup { return base * (Double(k) / Double(warmup)) }
            let progress = Double(k - warmup) / Double(max(1, total - warmup))
            return base * (0.5 * (1 + Elementary.cos(Double.pi * progress)))
        }
    }
}
