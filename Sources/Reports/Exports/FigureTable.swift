import Ledger
import Pages

/// A run's numbers as CSV, a row a step: shortest decimals that give the same bits, empty where there is none.
package enum FigureTable {
    /// The first line.
    package static let head = "step,loss,gradient_norm,clip_factor,learning_rate,margin,implicit_accuracy,head"

    /// The line of a step.
    package static func row(_ step: StoredStep) -> String {
        let figures = StepFigures(step.record)
        func text(_ value: (some CustomStringConvertible)?) -> String { value.map { $0.description } ?? "" }
        return [
            "\(figures.step)", text(figures.loss), text(figures.gradientNorm), text(figures.clipFactor),
            text(figures.learningRate), text(figures.logits.margin), text(figures.logits.accuracy), step.head.hex,
        ].joined(separator: ",")
    }
}
