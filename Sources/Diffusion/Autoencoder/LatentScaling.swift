import Compute
import Core

/// How a sample z of an autoencoder becomes the latents x of a UNet, and back, channel by channel:
/// x = (z − mean)·factor / std, where a model states mean and std (diffusers' SDXL pipelines: `latents_mean`,
/// `latents_std`), and x = (z − shift)·factor elsewhere (`shift_factor`). Nearly all models have neither: x = z·factor.
package struct LatentScaling: Sendable, Equatable {
    /// `scaling_factor`; 0.18215 where the file has none, as SD1.5's.
    package let factor: Double
    /// `shift_factor`
    package let shift: Double?
    /// `latents_mean`, one number a channel.
    package let mean: [Double]?
    /// `latents_std`, likewise.
    package let std: [Double]?

    /// What diffusers takes where a file has no `scaling_factor`.
    package static let defaultFactor = 0.18215

    init(_ reader: inout ConfigReader, channels: Int) throws {
        factor = try reader.number("scaling_factor", default: Self.defaultFactor, in: -1e6...1e6)
        guard Float(factor) != 0 else {
            throw ConfigError(
                file: reader.file, key: "scaling_factor", "makes every latent 0", expected: "a number other than 0",
                found: "\(factor)")
        }
        shift = try reader.optionalNumber("shift_factor", in: -1e6...1e6)
        mean = try reader.optionalNumbers("latents_mean", count: channels, in: -1e6...1e6)
        std = try reader.optionalNumbers("latents_std", count: channels, in: 1e-6...1e6)
        guard (mean == nil) == (std == nil) else {
            throw ConfigError(
                file: reader.file, key: mean == nil ? "latents_mean" : "latents_std", "is missing",
                expected: "both latents_mean and latents_std, or neither")
        }
        guard mean == nil || shift == nil else {
            throw ConfigError(
                file: reader.file, key: "shift_factor", "is not supported beside latents_mean", expected: "null",
                found: shift.map { "\($0)" })
        }
    }

    /// The latents of a sample z [n, c, h, w].
    package func scaled(_ z: Tensor, engine: Engine) -> Tensor {
        if mean == nil, shift == nil { return engine.scale(z, by: Float(factor)) }
        return map(z, engine) { value, channel in
            let moved = (value - offset(channel)) * Float(factor)
            return std.map { moved / Float($0[channel]) } ?? moved
        }
    }

    /// The sample z of latents x [n, c, h, w].
    package func unscaled(_ x: Tensor, engine: Engine) -> Tensor {
        map(x, engine) { value, channel in
            let widened = std.map { value * Float($0[channel]) } ?? value
            let quotient = widened / Float(factor)
            return mean == nil && shift == nil ? quotient : quotient + offset(channel)
        }
    }

    private func offset(_ channel: Int) -> Float { Float(mean?[channel] ?? shift ?? 0) }

    /// Latents are few: one for every 64 pixels of a picture of Stable Diffusion's.
    private func map(_ x: Tensor, _ engine: Engine, _ formula: (Float, Int) -> Float) -> Tensor {
        engine.operation("latent scaling", [x]) {
            let (channels, area) = (x.shape[1], x.count / x.shape[0] / x.shape[1])
            let values = x.floats.enumerated().map { formula($1, $0 / area % channels) }
            return engine.tensor(values, shape: x.shape)
        }
    }

    /// The members of a `config.json` as diffusers writes them.
    var members: [(String, JSONValue)] {
        func list(_ values: [Double]?) -> JSONValue { values.map { .array($0.map(ConfigJSON.number)) } ?? .null }
        return [
            ("latents_mean", list(mean)), ("latents_std", list(std)), ("scaling_factor", ConfigJSON.number(factor)),
            ("shift_factor", shift.map(ConfigJSON.number) ?? .null),
        ]
    }
}
