import Compute

/// What a ControlNet adds to a UNet: to each of its skip connections and to its middle block's result.
package struct ControlResiduals: Sendable {
    /// For each skip connection [n, c, h, w], in the order of the way down.
    package let down: [Tensor]
    /// For the middle block's result [n, c, h, w].
    package let middle: Tensor

    /// The residuals as the network gives them, each times its scale.
    init(down: [Tensor], middle: Tensor, scales: [Float], on engine: Engine) {
        self.down = zip(down, scales).map { engine.scale($0, by: $1) }
        self.middle = engine.scale(middle, by: scales[scales.count - 1])
    }
}
