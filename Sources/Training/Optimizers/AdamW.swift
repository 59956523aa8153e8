import Autodiff
import Tensors

/// AdamW (Loshchilov & Hutter 2019), decoupled weight decay, in Float32; the powers of β are running double products.
public final class AdamW {
    /// What does not change during a run.
    public struct Settings: Sendable, Equatable {
        /// β₁.
        public var beta1: Double
        /// β₂.
        public var beta2: Double
        /// ε, added to the root.
        public var eps: Double
        /// λ.
        public var weightDecay: Double

        /// PyTorch's defaults.
        public init(beta1: Double = 0.9, beta2: Double = 0.999, eps: Double = 1e-8, weightDecay: Double = 0.01) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.eps = eps
            self.weightDecay = weightDecay
        }
    }

    /// The settings.
    public let settings: Settings
    /// Updates done so far.
    public private(set) var updates = 0
    /// β₁^updates and β₂^updates.
    public private(set) var powers = (1.0, 1.0)
    /// First and second moment of each parameter, in the parameters' order. The first update makes them, of zeros: until
    /// then their memory is free for the backward pass.
    public private(set) var moments: [(name: String, first: Tensor, second: Tensor)] = []
    private let names: [String]

    /// An optimiser of `parameters` that has not done anything yet.
    public init(_ settings: Settings, parameters: [(name: String, parameter: Parameter)]) {
        self.settings = settings
        names = parameters.map(\.name)
    }

    /// Puts back a state saved earlier; `moments` in the parameters' order.
    public func restore(
        updates: Int, powers: (Double, Double), moments: [(name: String, first: Tensor, second: Tensor)]
    ) {
        precondition(moments.map(\.name) == names)
        self.updates = updates
        self.powers = powers
        self.moments = moments
    }

    /// One update of `parameters` (the order given at the start) by their gradients, with learning rate `lr`. Each
    /// gradient is let go as soon as it is used, so that the first update's moments can take its place in memory.
    public func update(_ parameters: [Parameter], lr: Double, engine: Engine) {
        updates += 1
        powers = (powers.0 * settings.beta1, powers.1 * settings.beta2)
        let constants = AdamWConstants(
            decay: Float(1 - lr * settings.weightDecay), oneMinusBeta1: Float(1 - settings.beta1),
            beta2: Float(settings.beta2), oneMinusBeta2: Float(1 - settings.beta2),
            rootCorrection2: Float((1 - powers.1).squareRoot()), eps: Float(settings.eps),
            step: Float(lr / (1 - powers.0)))
        precondition(parameters.count == names.count)
        for (index, parameter) in parameters.enumerated() {
            if moments.count == index {
                let shape = parameter.value.shape
                moments.append((names[index], Tensor(zeros: shape), Tensor(zeros: shape)))
            }
            guard let gradient = parameter.gradient else { continue }
            engine.adamWInPlace(
                parameter: parameter.valueForUpdate(), firstMoment: moments[index].first,
                secondMoment: moments[index].second, gradient: gradient, constants)
            parameter.clearGradient()
        }
    }
}
