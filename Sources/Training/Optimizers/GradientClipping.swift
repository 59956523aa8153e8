import Compute

/// Clipping by the global norm, as `torch.nn.utils.clip_grad_norm_`.
package enum GradientClipping {
    /// √Σ‖g‖², the parameters in their order.
    package static func norm(_ parameters: [Parameter], engine: Engine) -> Float {
        norm(of: norms(parameters, engine: engine), engine: engine)
    }

    /// ‖g‖ of each; 0 of one without a gradient.
    package static func norms(_ parameters: [Parameter], engine: Engine) -> [Float] {
        var squares = engine.sumsOfSquares(parameters.compactMap(\.gradient))[...]
        return parameters.map { $0.gradient == nil ? 0 : squares.removeFirst().squareRoot() }
    }

    /// √Σ‖g‖² of these ‖g‖, in their order.
    package static func norm(of norms: [Float], engine: Engine) -> Float {
        engine.sumOfSquares(of: norms).squareRoot()
    }

    /// Multiplies every gradient by min(1, limit / (norm + 1e-6)) and returns that factor.
    package static func clip(_ parameters: [Parameter], norm: Float, limit: Float, engine: Engine) -> Float {
        let factor = min(1, limit / (norm + 1e-6))
        if factor < 1 {
            for parameter in parameters { parameter.gradient.map { engine.scaleInPlace($0, by: factor) } }
        }
        return factor
    }
}
