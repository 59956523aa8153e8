import Tensors

/// The cosine of the angle between two vectors of Float32, and its slopes. Sums run in double in the order of the
/// elements, so that neither instruction set nor workers can change a bit.
public struct CosineSimilarity: Sendable {
    /// The cosine.
    public let value: Float

    private let cosine: Double
    private let lengths: (Double, Double)

    /// The cosine of row `i` of `a` [n, d] and row `j` of `b` [m, d]; NaN when one of them has no length.
    public init(_ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int) {
        let width = a.shape[1]
        precondition(b.shape[1] == width)
        let (x, y) = (a.pointer + i * width, b.pointer + j * width)
        var (product, squareX, squareY) = (0.0, 0.0, 0.0)
        for index in 0..<width {
            product += Double(x[index]) * Double(y[index])
            squareX += Double(x[index]) * Double(x[index])
            squareY += Double(y[index]) * Double(y[index])
        }
        lengths = (squareX.squareRoot(), squareY.squareRoot())
        cosine = product / (lengths.0 * lengths.1)
        value = Float(cosine)
    }

    /// Adds `pull`·∂cos/∂x = `pull`·(y/|y| − cos·x/|x|)/|x| to row `i` of `dx`, for the vectors `x` and `y` of the
    /// first and second argument, and the same with exchanged parts to row `j` of `dy`.
    public func accumulateGradient(
        _ pull: Float, _ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int, into dx: Tensor, _ dy: Tensor
    ) {
        let width = a.shape[1]
        let (x, y) = (a.pointer + i * width, b.pointer + j * width)
        let (toX, toY) = (dx.pointer + i * width, dy.pointer + j * width)
        for index in 0..<width {
            let (u, v) = (Double(x[index]) / lengths.0, Double(y[index]) / lengths.1)
            toX[index] += Float(Double(pull) * ((v - cosine * u) / lengths.0))
            toY[index] += Float(Double(pull) * ((u - cosine * v) / lengths.1))
        }
    }
}
