/// A function of two values whose constants differ from sample to sample, such as a step between noise levels. Every
/// operation is rounded by itself, in the order written; b·(−β) is subtracted as β·b.
package enum SampleFormula: Sendable {
    /// a·α + b·β.
    case blend(alpha: [Float], beta: [Float])
    /// (a·α + b·β) / δ.
    case quotient(alpha: [Float], beta: [Float], divisor: [Float])
    /// φ·(a − b).
    case difference(factor: [Float])
    /// φ·((a − ρ·b) / σ) + τ·b: a move by the prediction b from the level (σ, ρ) to the level (φ, τ).
    case move([Move])

    /// The constants of a move.
    package struct Move: Sendable {
        let fromRoot, fromRest, toRoot, toRest: Float

        /// √ā and √(1 − ā) of the level left and of the level reached.
        package init(fromRoot: Float, fromRest: Float, toRoot: Float, toRest: Float) {
            (self.fromRoot, self.fromRest, self.toRoot, self.toRest) = (fromRoot, fromRest, toRoot, toRest)
        }
    }
}

extension Engine {
    /// `formula` of a and b [n, …], element by element. It is not announced to observers: who states it gives it a name.
    package func perSample(_ formula: SampleFormula, _ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.shape == b.shape)
        let y = tensor(a.shape)
        device.run(.perSample(formula, a, b, to: y))
        return y
    }
}
