import Compute
import Core
import Ledger

/// Stochastic gradient descent as `torch.optim.SGD` without dampening: the weight decay is added to the gradient, and
/// the momentum, where there is one, sums up gradients.
package final class SGD: Optimizer {
    /// What does not change during a run.
    package struct Settings: OptimizerSettings, Equatable {
        /// μ, what the sum of gradients keeps; 0 for plain descent without any state.
        package var momentum: Double
        /// λ.
        package var weightDecay: Double

        /// PyTorch's defaults.
        package init(momentum: Double = 0, weightDecay: Double = 0) {
            self.momentum = momentum
            self.weightDecay = weightDecay
        }

        package static let name = "sgd"
        package static let stateName = "SGD momentum"

        /// The keys of `optimizer.name: sgd`.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [SettingsKey("momentum", \.momentum, .number(.fromBelow(0, 1)), "what the sum of gradients keeps")])

        package func makeOptimizer(_ parameters: [(name: String, parameter: Parameter)]) -> any Optimizer {
            SGD(self, parameters: parameters)
        }
    }

    /// The settings.
    package let settings: Settings
    /// Updates done so far.
    package private(set) var updates = 0
    /// The sum of gradients of each parameter, in the parameters' order; the first update makes it, of zeros. None
    /// without momentum.
    package private(set) var sums: [(name: String, sum: Tensor)] = []
    private let parameters: [(name: String, shape: [Int])]

    /// An optimiser of `parameters` that has not done anything yet.
    package convenience init(_ settings: Settings, parameters: [(name: String, parameter: Parameter)]) {
        self.init(settings, parameters.map { ($0.name, $0.parameter.value.shape) })
    }

    private init(_ settings: Settings, _ parameters: [(name: String, shape: [Int])]) {
        self.settings = settings
        self.parameters = parameters
    }

    /// The sums as `momentum/NAME`.
    package var stateTensors: [(name: String, tensor: Tensor)] { sums.map { ("momentum/" + $0.name, $0.sum) } }

    /// None.
    package var stateNumbers: [(key: String, value: Double)] { [] }

    /// None.
    package var scalars: [TraceEntry] { [] }

    /// Puts back the sums.
    package func restore(
        updates: Int, number: (String) throws -> Double, tensor: (String, [Int]) throws -> Tensor
    ) throws {
        if settings.momentum != 0 {
            sums = try parameters.map { ($0.name, try tensor("momentum/" + $0.name, $0.shape)) }
        }
        self.updates = updates
    }

    /// One update; the formula is `Engine.gradientDescentInPlace`'s.
    package func update(_ parameters: [Parameter], lr: Double, engine: Engine) {
        updates += 1
        precondition(parameters.count == self.parameters.count)
        for (index, parameter) in parameters.enumerated() {
            if settings.momentum != 0, sums.count == index {
                sums.append((self.parameters[index].name, engine.zeros(parameter.value.shape)))
            }
            guard let gradient = parameter.gradient else { continue }
            engine.gradientDescentInPlace(
                parameter: parameter.valueForUpdate(), sum: settings.momentum == 0 ? nil : sums[index].sum,
                gradient: gradient, momentum: Float(settings.momentum), weightDecay: Float(settings.weightDecay),
                rate: Float(lr))
            parameter.clearGradient()
        }
    }

    /// One parameter's part, with another μ or λ.
    package func alone(_ index: Int, changing change: OptimizerChange?) -> any Optimizer {
        var settings = settings
        switch change {
        case .momentDecay: settings.momentum *= 1.0001
        case .weightDecay: settings.weightDecay *= 2
        case nil: break
        }
        let single = SGD(settings, [parameters[index]])
        single.updates = updates
        if sums.indices.contains(index) { single.sums = [(sums[index].name, sums[index].sum.copy())] }
        return single
    }
}
