import Compute

/// Which optimiser a run has, with what does not change during it.
package enum OptimizerSettings: Sendable, Equatable {
    /// Adam with decoupled weight decay.
    case adamW(AdamW.Settings)
    /// Adafactor with a given learning rate.
    case adafactor(Adafactor.Settings)
    /// Stochastic gradient descent.
    case sgd(SGD.Settings)

    /// An optimiser of `parameters` that has not done anything yet.
    package func makeOptimizer(_ parameters: [(name: String, parameter: Parameter)]) -> any Optimizer {
        switch self {
        case .adamW(let settings): AdamW(settings, parameters: parameters)
        case .adafactor(let settings): Adafactor(settings, parameters: parameters)
        case .sgd(let settings): SGD(settings, parameters: parameters)
        }
    }

    /// What the state is called where its memory is listed.
    package var stateName: String {
        switch self {
        case .adamW: "AdamW moments"
        case .adafactor: "Adafactor moments"
        case .sgd: "SGD momentum"
        }
    }
}
