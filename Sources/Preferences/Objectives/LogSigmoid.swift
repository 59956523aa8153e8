import Tensors

/// −log σ(z) without overflow.
public enum LogSigmoid {
    /// max(−z, 0) + log(1 + e^(−|z|)) in double, rounded once.
    public static func negative(_ z: Float) -> Float {
        let z = Double(z)
        return Float(max(-z, 0) + Elementary.log(1 + Elementary.exp(-abs(z))))
    }
}
