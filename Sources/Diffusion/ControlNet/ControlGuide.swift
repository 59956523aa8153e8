import Compute

/// A ControlNet with its picture, and in which part of a drawing it steers.
package struct ControlGuide: Sendable {
    private let network: ControlNetModel
    private let hint: Tensor
    private let scale: Float
    private let guesses: Bool
    private let start, end: Double

    /// Steers by `picture` [1 or n, channels, f·h, f·w] in [0, 1], f being the network's `config.factor`, samples [n, c, h, w].
    /// - Parameters:
    ///   - scale: what the network adds is multiplied by.
    ///   - guesses: without help of the prompt: the picture steers the conditional half alone (`guess_mode`).
    ///   - start: the share of the calls before which it does not steer.
    ///   - end: the share of the calls after which it does not steer any more.
    package init(
        _ network: ControlNetModel, picture: Tensor, scale: Float = 1, guesses: Bool = false, start: Double = 0,
        end: Double = 1, engine: Engine
    ) {
        self.network = network
        hint = network.hint(picture, engine: engine)
        (self.scale, self.guesses, self.start, self.end) = (scale, guesses, start, end)
    }

    /// Whether it steers call `call` of `count`: call / count ≥ start and (call + 1) / count ≤ end.
    func steers(_ call: Int, of count: Int) -> Bool {
        Double(call) / Double(count) >= start && Double(call + 1) / Double(count) <= end
    }

    /// What the UNet gets for `x` [n, c, h, w]; nil where it is left alone.
    func residuals(
        _ x: Tensor, at timesteps: [Float], _ condition: TextCondition, isConditional: Bool, call: Int, of count: Int,
        engine: Engine
    ) -> ControlResiduals? {
        guard steers(call, of: count), isConditional || !guesses else { return nil }
        let samples = x.shape[0]
        return network.residuals(
            x, at: timesteps, condition,
            hint: hint.shape[0] == samples ? hint : engine.stacked(Array(repeating: hint, count: samples)),
            scale: guesses ? .rising(scale) : .even(scale), engine: engine)
    }
}
