extension Engine {
    /// Sum of all elements by rule 4.
    package func sum(_ x: Tensor) -> Float {
        begin("sum", [x])
        let sum = tensor([])
        device.run(.sum(x, to: sum))
        end([sum])
        return sum.floats[0]
    }

    /// Sum of squares by rule 4.
    package func sumOfSquares(_ x: Tensor) -> Float {
        begin("sum of squares", [x])
        let sum = tensor([])
        device.run(.sumOfSquares(x, to: sum))
        end([sum])
        return sum.floats[0]
    }

    /// For each sample (first axis): the mean over the other axes of (x − y)², by rule 4, one division.
    package func meanSquaredDistances(_ x: Tensor, _ y: Tensor) -> [Float] {
        precondition(x.shape == y.shape)
        begin("mean squared distance", [x, y])
        let means = tensor([x.shape[0]])
        device.run(.meanSquaredDistances(x, y, to: means))
        end([means])
        return means.floats
    }

    /// Sums over the positions of x [n, c, …] by rule 4: [n, c].
    package func planeSums(_ x: Tensor) -> Tensor {
        begin("plane sums", [x])
        let y = tensor([x.shape[0], x.shape[1]])
        device.run(.planeSums(x, to: y))
        end([y])
        return y
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
