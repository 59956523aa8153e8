/// The cosine of the angle between two vectors of Float32, and its slopes. Sums run in double in the order of the
/// elements, so that neither instruction set nor workers can change a bit.
package struct CosineSimilarity: Sendable {
    /// The cosine; NaN when one of the vectors has no length.
    package var value: Float { Float(cosine) }

    let cosine: Double
    let lengths: (first: Double, second: Double)

    /// The same with the second vector first.
    package var swapped: CosineSimilarity {
        CosineSimilarity(cosine: cosine, lengths: (lengths.second, lengths.first))
    }
}

/// Which rows of two matrices are compared.
package struct CosinePair: Sendable {
    /// The row of the first and the row of the second matrix.
    package let first, second: Int

    /// Row `first` with row `second`.
    package init(_ first: Int, _ second: Int) { (self.first, self.second) = (first, second) }
}

/// A share of a gradient: `slope` times the derivative of the cosine of two rows by the first of them.
package struct CosinePull: Sendable {
    /// The rows.
    package let pair: CosinePair
    /// Their cosine.
    package let similarity: CosineSimilarity
    /// The factor.
    package let slope: Float

    /// `slope`·∂cos/∂(row `pair.first`).
    package init(_ pair: CosinePair, _ similarity: CosineSimilarity, slope: Float) {
        (self.pair, self.similarity, self.slope) = (pair, similarity, slope)
    }
}

extension Engine {
    /// The cosines of rows of a [n, d] with rows of b [m, d]. They are not announced to observers.
    package func cosines(_ a: Tensor, _ b: Tensor, _ pairs: [CosinePair]) -> [CosineSimilarity] {
        precondition(a.shape[1] == b.shape[1])
        let found = tensor([pairs.count, 3], .f64)
        device.run(.cosines(a, b, pairs, to: found))
        let numbers = found.doubles
        return pairs.indices.map {
            CosineSimilarity(cosine: numbers[3 * $0], lengths: (numbers[3 * $0 + 1], numbers[3 * $0 + 2]))
        }
    }

    /// The gradient [n, d] of a: for each of `pulls` in turn, slope·(y/|y| − cos·x/|x|)/|x| is added to the row of x, where x
    /// is a row of a [n, d] and y one of b [m, d]. It is not announced to observers.
    package func cosineGradient(of a: Tensor, and b: Tensor, _ pulls: [CosinePull]) -> Tensor {
        let sum = zeros(a.shape)
        device.run(.cosineGradients(a, b, pulls, into: sum))
        return sum
    }
}
