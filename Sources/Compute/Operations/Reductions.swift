extension Engine {
    /// Sum of all elements by rule 4.
    package func sum(_ x: Tensor) -> Float {
        result("sum", [x], []) { .sum(x, to: $0) }.floats[0]
    }

    /// Sum of squares by rule 4.
    package func sumOfSquares(_ x: Tensor) -> Float {
        result("sum of squares", [x], []) { .sumOfSquares(x, to: $0) }.floats[0]
    }

    /// For each sample (first axis): the mean over the other axes of (x − y)², by rule 4, one division.
    package func meanSquaredDistances(_ x: Tensor, _ y: Tensor) -> [Float] {
        precondition(x.shape == y.shape)
        return result("mean squared distance", [x, y], [x.shape[0]]) { .meanSquaredDistances(x, y, to: $0) }.floats
    }

    /// Sums over the positions of x [n, c, …] by rule 4: [n, c].
    package func planeSums(_ x: Tensor) -> Tensor {
        result("plane sums", [x], [x.shape[0], x.shape[1]]) { .planeSums(x, to: $0) }
    }

    /// Flat index and value of the first NaN or infinity, or nil.
    package func firstNonFinite(_ x: Tensor) -> (index: Int, value: Float)? {
        // The index counted from 1; 0 for none.
        let place = tensor([1], .i64)
        device.run(.firstNonFinite(x, to: place))
        let index = place.integers[0] - 1
        return index < 0 ? nil : (index, x.floats[index])
    }
}
