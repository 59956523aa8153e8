import Compute

/// −log σ(z) without overflow.
package enum LogSigmoid {
    /// max(−z, 0) + log(1 + e^(−|z|)) in double, rounded once.
    package static func negative(_ z: Float) -> Float { Float(negative(Double(z))) }

    /// max(−z, 0) + log(1 + e^(−|z|)).
    static func negative(_ z: Double) -> Double { max(-z, 0) + Elementary.log(1 + Elementary.exp(-abs(z))) }
}
