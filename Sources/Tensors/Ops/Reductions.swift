import CKernels

extension Engine {
    /// Sum of all elements by rule 4.
    public func sum(_ x: Tensor) -> Float { kernels.pointee.reduce.sum(x.pointer, x.count) }

    /// Sum of squares by rule 4.
    public func sumOfSquares(_ x: Tensor) -> Float { kernels.pointee.reduce.sum_of_squares(x.pointer, x.count) }

    /// For each sample (first axis): the mean over the other axes of (x − y)², by rule 4, one division.
    public func meanSquaredDistances(_ x: Tensor, _ y: Tensor) -> [Float] {
        precondition(x.shape == y.shape)
        let size = x.count / x.shape[0]
        return (0..<x.shape[0]).map { sample in
            kernels.pointee.reduce.squared_distance(x.pointer + sample * size, y.pointer + sample * size, size)
                / Float(size)
        }
    }

    /// Flat index of the first NaN or infinity, or nil.
    public func firstNonFinite(_ x: Tensor) -> Int? {
        let index = kernels.pointee.reduce.first_non_finite(x.pointer, x.count)
        return index < x.count ? index : nil
    }
}
