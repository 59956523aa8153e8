import Compute

/// What an encoder says of a picture's latents: a normal distribution for each, independent of the others.
package struct LatentMoments: Sendable {
    /// Means [n, c, h, w].
    package let mean: Tensor
    /// Logarithms of the variances, −30 to 20, of the same shape.
    package let logVariance: Tensor

    /// The range that logarithms are cut to. Source: `DiagonalGaussianDistribution` of diffusers.
    package static let logVarianceRange: ClosedRange<Float> = -30...20

    /// Takes what the encoder computes, [n, 2·c, h, w]: means, then logarithms of the variances.
    init(_ moments: Tensor, engine: Engine) {
        let channels = moments.shape[1] / 2
        mean = engine.channels(0..<channels, of: moments)
        let (lower, upper) = (
            LatentMoments.logVarianceRange.lowerBound, LatentMoments.logVarianceRange.upperBound
        )
        logVariance = LatentMoments.map(engine.channels(channels..<2 * channels, of: moments), "clamp", engine) {
            // A NaN stays one.
            $0 < lower ? lower : $0 > upper ? upper : $0
        }
    }

    /// Moments as they were kept: `logVariance` within its range.
    package init(mean: Tensor, logVariance: Tensor) {
        precondition(mean.shape == logVariance.shape)
        (self.mean, self.logVariance) = (mean, logVariance)
    }

    /// The standard deviations: exp(½·log-variance).
    package func std(engine: Engine) -> Tensor {
        engine.operation("standard deviation", [logVariance]) {
            engine.apply(.exp, engine.scale(engine.placed(logVariance), by: 0.5))
        }
    }

    /// A sample, mean + std·noise, for standard normal `noise` of the same shape; rounded after each operation.
    package func sample(_ noise: Tensor, engine: Engine) -> Tensor {
        precondition(noise.shape == mean.shape, "noise \(noise.shape) for latents \(mean.shape)")
        return engine.add(mean, engine.multiply(std(engine: engine), engine.placed(noise)))
    }

    private static func map(
        _ x: Tensor, _ name: String, _ engine: Engine, _ formula: (Float) -> Float
    ) -> Tensor {
        engine.operation(name, [x]) { engine.tensor(x.floats.map(formula), shape: x.shape) }
    }
}
