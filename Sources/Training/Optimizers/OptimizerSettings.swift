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

    /// Numbers of state for a parameter of a shape.
    package func stateCount(_ shape: [Int]) -> Int {
        let count = shape.reduce(1, *)
        switch self {
        case .adamW: return 2 * count
        case .adafactor:
            guard let (rows, columns) = Adafactor.factors(of: shape) else { return count }
            return count / columns + count / rows
        case .sgd(let settings): return settings.momentum == 0 ? 0 : count
        }
    }

    /// Numbers that exist only while a parameter of a shape is updated.
    package func workCount(_ shape: [Int]) -> Int {
        guard case .adafactor = self else { return 0 }
        return shape.reduce(1, *) + (shape.count < 2 ? 0 : stateCount(shape))
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
