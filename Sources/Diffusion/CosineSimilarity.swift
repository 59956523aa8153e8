import Compute

/// The cosine of the angle between two vectors of Float32, and its slopes. Sums run in double in the order of the
/// elements, so that neither instruction set nor workers can change a bit.
package struct CosineSimilarity: Sendable {
    /// The cosine.
    package let value: Float

    private let cosine: Double
    private let lengths: (first: Double, second: Double)

    /// The cosine of row `i` of `a` [n, d] and row `j` of `b` [m, d]; NaN when one of them has no length.
    package init(_ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int) {
        let width = a.shape[1]
        precondition(b.shape[1] == width)
        let (x, y) = (a.pointer + i * width, b.pointer + j * width)
        var (product, squareX, squareY) = (0.0, 0.0, 0.0)
        for index in 0..<width {
            product += Double(x[index]) * Double(y[index])
            squareX += Double(x[index]) * Double(x[index])
            squareY += Double(y[index]) * Double(y[index])
        }
        self.init(
            cosine: product / (squareX.squareRoot() * squareY.squareRoot()),
            lengths: (squareX.squareRoot(), squareY.squareRoot()))
    }

    private init(cosine: Double, lengths: (Double, Double)) {
        self.cosine = cosine
        self.lengths = lengths
        value = Float(cosine)
    }

    /// The same with the second vector first.
    package var swapped: CosineSimilarity {
        CosineSimilarity(cosine: cosine, lengths: (lengths.second, lengths.first))
    }

    /// Adds `pull`·∂cos/∂x = `pull`·(y/|y| − cos·x/|x|)/|x| to row `i` of `sum` [n, d], where x is row `i` of `a` [n, d],
    /// the first vector, and y row `j` of `b` [m, d], the second.
    package func accumulateGradient(
        _ pull: Float, of a: Tensor, _ i: Int, and b: Tensor, _ j: Int, into sum: Tensor
    ) {
        let width = a.shape[1]
        let (x, y, target) = (a.pointer + i * width, b.pointer + j * width, sum.pointer + i * width)
        for index in 0..<width {
            let (u, v) = (Double(x[index]) / lengths.first, Double(y[index]) / lengths.second)
            target[index] += Float(Double(pull) * ((v - cosine * u) / lengths.first))
        }
    }
}
