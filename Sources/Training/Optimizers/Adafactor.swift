import Compute
import Core
import Ledger

/// Adafactor (Shazeer & Stern 2018) as transformers' `Adafactor(scale_parameter=False, relative_step=False)` without a
/// first moment: a given learning rate, squared gradients kept as the means of their rows and columns.
///
/// A tensor of two and more axes is a stack of matrices over its last two; a smaller one keeps all its squares. The
/// weight decay is λ·lr of the weight, taken off before the step.
package final class Adafactor: Optimizer {
    /// What does not change during a run.
    package struct Settings: OptimizerSettings, Equatable {
        /// The root mean square that no tensor's update exceeds, before the learning rate.
        package var clipThreshold: Double
        /// c: the k-th update keeps 1 − kᶜ of the means; below 0.
        package var decayRate: Double
        /// ε₁, added to each squared gradient.
        package var eps: Double
        /// λ.
        package var weightDecay: Double

        /// transformers' defaults.
        package init(
            clipThreshold: Double = 1, decayRate: Double = -0.8, eps: Double = 1e-30, weightDecay: Double = 0
        ) {
            self.clipThreshold = clipThreshold
            self.decayRate = decayRate
            self.eps = eps
            self.weightDecay = weightDecay
        }

        package static let name = "adafactor"
        package static let stateName = "Adafactor moments"

        /// The keys of `optimizer.name: adafactor`.
        package static let schema = SettingsSchema<Settings>(
            Settings(),
            [
                SettingsKey(
                    "clip_threshold", \.clipThreshold, .number(.above(0)),
                    "bound on the root mean square of a tensor's update"),
                SettingsKey(
                    "decay_rate", \.decayRate, .number(.below(0)),
                    "exponent c: the k-th update keeps 1 − kᶜ of the moments"),
            ])

        package func makeOptimizer(_ parameters: [(name: String, parameter: Parameter)]) -> any Optimizer {
            Adafactor(self, parameters: parameters)
        }
    }

    /// What is kept of a parameter's squared gradients.
    package enum Moments {
        /// Means over the last axis and over the one before it.
        case factored(rows: Tensor, columns: Tensor)
        /// All of them.
        case whole(Tensor)
    }

    /// The settings.
    package let settings: Settings
    /// Updates done so far.
    package private(set) var updates = 0
    /// What is kept of each parameter, in the parameters' order; the first update makes it, of zeros.
    package private(set) var moments: [(name: String, moments: Moments)] = []
    private let parameters: [(name: String, shape: [Int])]

    /// An optimiser of `parameters` that has not done anything yet.
    package convenience init(_ settings: Settings, parameters: [(name: String, parameter: Parameter)]) {
        self.init(settings, parameters.map { ($0.name, $0.parameter.value.shape) })
    }

    private init(_ settings: Settings, _ parameters: [(name: String, shape: [Int])]) {
        self.settings = settings
        self.parameters = parameters
    }

    /// The means as `row/NAME` and `column/NAME`, or `second/NAME` of a small tensor.
    package var stateTensors: [(name: String, tensor: Tensor)] {
        moments.flatMap { name, moments in
            switch moments {
            case .factored(let rows, let columns): [("row/" + name, rows), ("column/" + name, columns)]
            case .whole(let squares): [("second/" + name, squares)]
            }
        }
    }

    /// None: what the means keep follows from the number of updates.
    package var stateNumbers: [(key: String, value: Double)] { [] }

    /// What the means kept.
    package var scalars: [TraceEntry] { [Entries.Update.momentDecay(decay)] }

    /// 1 − kᶜ for the k-th update.
    private var decay: Double {
        1 - Elementary.exp(settings.decayRate * Elementary.log(Double(max(1, updates))))
    }

    /// Puts back the means.
    package func restore(
        updates: Int, number: (String) throws -> Double, tensor: (String, [Int]) throws -> Tensor
    ) throws {
        moments = try parameters.map { name, shape in
            guard shape.count >= 2 else { return (name, .whole(try tensor("second/" + name, shape))) }
            return (
                name,
                .factored(
                    rows: try tensor("row/" + name, shape.dropLast()),
                    columns: try tensor("column/" + name, shape.dropLast(2) + shape.suffix(1)))
            )
        }
        self.updates = updates
    }

    /// One update; the formula is `Engine.adafactorInPlace`'s.
    package func update(_ parameters: [Parameter], lr: Double, engine: Engine) {
        updates += 1
        let kept = decay
        let constants = AdafactorConstants(
            decay: Float(kept), oneMinusDecay: Float(1 - kept), eps: Float(settings.eps),
            clipThreshold: Float(settings.clipThreshold), rate: lr, weightDecay: Float(lr * settings.weightDecay))
        precondition(parameters.count == self.parameters.count)
        for (index, parameter) in parameters.enumerated() {
            if moments.count == index { moments.append(fresh(index, engine)) }
            guard let gradient = parameter.gradient else { continue }
            switch moments[index].moments {
            case .factored(let rows, let columns):
                engine.adafactorInPlace(
                    parameter: parameter.valueForUpdate(), rowMeans: rows, columnMeans: columns, gradient: gradient,
                    constants)
            case .whole(let squares):
                engine.adafactorInPlace(
                    parameter: parameter.valueForUpdate(), squares: squares, gradient: gradient, constants)
            }
            parameter.clearGradient()
        }
    }

    private func fresh(_ index: Int, _ engine: Engine) -> (name: String, moments: Moments) {
        let (name, shape) = parameters[index]
        guard shape.count >= 2 else { return (name, .whole(engine.zeros(shape))) }
        return (
            name,
            .factored(
                rows: engine.zeros(shape.dropLast()), columns: engine.zeros(shape.dropLast(2) + shape.suffix(1)))
        )
    }

    /// One parameter's part, with another decay rate or λ.
    package func alone(_ index: Int, changing change: OptimizerChange?) -> any Optimizer {
        var settings = settings
        switch change {
        case .momentDecay: settings.decayRate *= 1.0001
        case .weightDecay: settings.weightDecay *= 2
        case nil: break
        }
        let single = Adafactor(settings, [parameters[index]])
        guard moments.indices.contains(index) else { return single }
        single.updates = updates
        switch moments[index].moments {
        case .factored(let rows, let columns):
            single.moments = [(moments[index].name, .factored(rows: rows.copy(), columns: columns.copy()))]
        case .whole(let squares): single.moments = [(moments[index].name, .whole(squares.copy()))]
        }
        return single
    }
}
