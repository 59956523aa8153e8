import Compute

/// What a checkpoint says about one tensor, without its numbers.
package struct TensorEntry: Equatable, Sendable {
    /// Element type in the file.
    package let dtype: DType
    /// Extent of each axis, outermost first.
    package let shape: [Int]
    /// Place of its bytes, counted from the beginning of the file.
    package let range: Range<Int>

    /// A tensor of `dtype` and `shape` in the bytes `range`.
    package init(dtype: DType, shape: [Int], range: Range<Int>) {
        self.dtype = dtype
        self.shape = shape
        self.range = range
    }
}
