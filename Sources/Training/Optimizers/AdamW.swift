import Compute
import Core
import Ledger

/// AdamW (Loshchilov & Hutter 2019), decoupled weight decay, in Float32; the powers of β are running double products.
package final class AdamW: Optimizer {
    /// What does not change during a run.
    package struct Settings: OptimizerSettings, Equatable {
        /// β₁.
        package var beta1: Double
        /// β₂.
        package var beta2: Double
        /// ε, added to the root.
        package var eps: Double
        /// λ.
        package var weightDecay: Double

        /// PyTorch's defaults.
        package init(beta1: Double = 0.9, beta2: Double = 0.999, eps: Double = 1e-8, weightDecay: Double = 0.01) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.eps = eps
            self.weightDecay = weightDecay
        }

        package static let name = "adamw"
        package static let stateName = "AdamW moments"

        /// The keys of `optimizer.name: adamw`.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [
                SettingsKey(
                    "betas", \.betas, .numbers(2, .fromBelow(0, 1)),
                    "how much the means of the gradient and of its square keep"),
                SettingsKey("eps", \.eps, .number(.above(0)), "added to the root of the second mean"),
            ])

        private var betas: [Double] {
            get { [beta1, beta2] }
            set { (beta1, beta2) = (newValue[0], newValue[1]) }
        }

        package func makeOptimizer(_ parameters: [(name: String, parameter: Parameter)]) -> any Optimizer {
            AdamW(self, parameters: parameters)
        }
    }

    /// The settings.
    package let settings: Settings
    /// Updates done so far.
    package private(set) var updates = 0
    /// β₁^updates and β₂^updates.
    package private(set) var powers = (1.0, 1.0)
    /// First and second moment of each parameter, in the parameters' order; the first update makes them, of zeros.
    package private(set) var moments: [(name: String, first: Tensor, second: Tensor)] = []
    private let parameters: [(name: String, shape: [Int])]

    /// An optimiser of `parameters` that has not done anything yet.
    package convenience init(_ settings: Settings, parameters: [(name: String, parameter: Parameter)]) {
        self.init(settings, parameters.map { ($0.name, $0.parameter.value.shape) })
    }

    private init(_ settings: Settings, _ parameters: [(name: String, shape: [Int])]) {
        self.settings = settings
        self.parameters = parameters
    }

    /// The moments as `first/NAME` and `second/NAME`.
    package var stateTensors: [(name: String, tensor: Tensor)] {
        moments.flatMap { [("first/" + $0.name, $0.first), ("second/" + $0.name, $0.second)] }
    }

    /// β₁^updates and β₂^updates.
    package var stateNumbers: [(key: String, value: Double)] {
        [("beta1_power", powers.0), ("beta2_power", powers.1)]
    }

    /// β₁^updates and β₂^updates.
    package var scalars: [TraceEntry] { [Entries.Update.betaPowers([powers.0, powers.1])] }

    /// Puts back moments and powers.
    package func restore(
        updates: Int, number: (String) throws -> Double, tensor: (String, [Int]) throws -> Tensor
    ) throws {
        moments = try parameters.map {
            ($0.name, try tensor("first/" + $0.name, $0.shape), try tensor("second/" + $0.name, $0.shape))
        }
        powers = (try number("beta1_power"), try number("beta2_power"))
        self.updates = updates
    }

    /// One update; the formula is `Engine.adamWInPlace`'s.
    package func update(_ parameters: [Parameter], lr: Double, engine: Engine) {
        updates += 1
        powers = (powers.0 * settings.beta1, powers.1 * settings.beta2)
        let constants = AdamWConstants(
            decay: Float(1 - lr * settings.weightDecay), oneMinusBeta1: Float(1 - settings.beta1),
            beta2: Float(settings.beta2), oneMinusBeta2: Float(1 - settings.beta2),
            rootCorrection2: Float((1 - powers.1).squareRoot()), eps: Float(settings.eps),
            step: Float(lr / (1 - powers.0)))
        precondition(parameters.count == self.parameters.count)
        for (index, parameter) in parameters.enumerated() {
            if moments.count == index {
                let shape = parameter.value.shape
                moments.append((self.parameters[index].name, engine.zeros(shape), engine.zeros(shape)))
            }
            guard let gradient = parameter.gradient else { continue }
            engine.adamWInPlace(
                parameter: parameter.valueForUpdate(), firstMoment: moments[index].first,
                secondMoment: moments[index].second, gradient: gradient, constants)
            parameter.clearGradient()
        }
    }

    /// One parameter's part, with another β₂ or λ.
    package func alone(_ index: Int, changing change: OptimizerChange?) -> any Optimizer {
        var settings = settings
        switch change {
        case .momentDecay: settings.beta2 = min(settings.beta2 * 1.0001, 1.0.nextDown)
        case .weightDecay: settings.weightDecay *= 2
        case nil: break
        }
        let single = AdamW(settings, [parameters[index]])
        guard moments.indices.contains(index) else { return single }
        (single.updates, single.powers) = (updates, powers)
        single.moments = [(moments[index].name, moments[index].first.copy(), moments[index].second.copy())]
        return single
    }
}
