/// The filters of Pillow's `Image.resize` that are offered here.
package enum ResampleFilter: String, Sendable, CaseIterable {
    /// A triangle of radius 1.
    case bilinear
    /// Keys' cubic with a = -0.5, radius 2.
    case bicubic

    /// The radius in output pixels when enlarging; it grows with the scale when shrinking.
    var support: Double { self == .bilinear ? 1 : 2 }

    /// The weight at distance `x` (Pillow's `Resample.c`, same operations in the same order).
    func weight(_ x: Double) -> Double {
        let x = x < 0 ? -x : x
        switch self {
        case .bilinear:
            return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        }
    }
}
