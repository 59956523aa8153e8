/// A slope by central differences of a formula in Double.
enum FiniteDifference {
    /// ∂f/∂x at `x`, good to about 1e-9 of f's third derivative for the default width.
    static func slope(at x: Double, width: Double = 1e-5, _ f: (Double) -> Double) -> Double {
        (f(x + width) - f(x - width)) / (2 * width)
    }
}
