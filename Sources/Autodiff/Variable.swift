import Tensors

/// A tensor on a tape. Constants have no node and receive no gradient.
public struct Variable: Sendable {
    /// The numbers.
    public let value: Tensor
    let node: Int?

    /// Extents of the value.
    public var shape: [Int] { value.shape }
    /// Whether a backward pass reaches this variable.
    public var isDifferentiable: Bool { node != nil }
}
