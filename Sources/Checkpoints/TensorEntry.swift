import Tensors

/// What a checkpoint says about one tensor, without its numbers.
public struct TensorEntry: Equatable, Sendable {
    /// Element type in the file.
    public let dtype: DType
    /// Extent of each axis, outermost first.
    public let shape: [Int]
    /// Place of its bytes, counted from the beginning of the file.
    public let range: Range<Int>

    /// A tensor of `dtype` and `shape` in the bytes `range`.
    public init(dtype: DType, shape: [Int], range: Range<Int>) {
        self.dtype = dtype
        self.shape = shape
        self.range = range
    }
}
