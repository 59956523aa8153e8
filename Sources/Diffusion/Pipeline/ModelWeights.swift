import Compute

/// What the weights of a model are.
package enum ModelWeights: Sendable {
    /// Numbers: those of its files, or of a new model drawn by the workers of an engine.
    case numbers(Engine)
    /// Shapes on a device that computes nothing.
    case shapes(ShapeDevice)

    /// The device of weights that are shapes.
    package var shapes: ShapeDevice? { if case .shapes(let device) = self { device } else { nil } }
}
