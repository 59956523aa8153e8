import CKernels

extension Engine {
    /// Sum of all elements by rule 4.
    package func sum(_ x: Tensor) -> Float {
        begin("sum", [x])
        let sum = kernels.pointee.reduce.sum(x.pointer, x.count)
        end([Tensor([sum], shape: [])])
        return sum
    }

    /// Sum of squares by rule 4.
    package func sumOfSquares(_ x: Tensor) -> Float {
        begin("sum of squares", [x])
        let sum = kernels.pointee.reduce.sum_of_squares(x.pointer, x.count)
        end([Tensor([sum], shape: [])])
        return sum
    }

    /// For each sample (first axis): the mean over the other axes of (x − y)², by rule 4, one division.
    package func meanSquaredDistances(_ x: Tensor, _ y: Tensor) -> [Float] {
        precondition(x.shape == y.shape)
        begin("mean squared distance", [x, y])
        let size = x.count / x.shape[0]
        let means = (0..<x.shape[0]).map { sample in
            kernels.pointee.reduce.squared_distance(x.pointer + sample * size, y.pointer + sample * size, size)
                / Float(size)
        }
        end([Tensor(means, shape: [means.count])])
        return means
    }

    /// Flat index of the first NaN or infinity, or nil.
    package func firstNonFinite(_ x: Tensor) -> Int? {
        let index = kernels.pointee.reduce.first_non_finite(x.pointer, x.count)
        return index < x.count ? index : nil
    }
}
