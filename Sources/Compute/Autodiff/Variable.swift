/// A tensor on a tape. Constants have no node and receive no gradient.
package struct Variable: Sendable {
    /// The numbers.
    package let value: Tensor
    let node: Int?

    /// Extents of the value.
    package var shape: [Int] { value.shape }
    /// Whether a backward pass reaches this variable.
    package var isDifferentiable: Bool { node != nil }
}
