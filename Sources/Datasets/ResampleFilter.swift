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

/// For every output position of one axis: which input positions it reads, and with which fixed-point weights.
struct ResampleWeights {
    /// Fractional bits of a weight: what is left of 32 bits after 8 for the sample and 2 for sign and overshoot.
    static let precisionBits = 32 - 8 - 2

    /// First input position of each output position.
    private(set) var first: [Int] = []
    /// Number of input positions of each output position.
    private(set) var count: [Int] = []
    /// Weights, `stride` places for each output position.
    private(set) var weights: [Int32] = []
    /// Places of one output position in `weights`.
    let stride: Int

    /// `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's `Resample.c`, for the whole axis.
    init(inputSize: Int, outputSize: Int, filter: ResampleFilter) {
        let scale = Double(inputSize) / Double(outputSize)
        let filterScale = scale < 1 ? 1 : scale
        let support = filter.support * filterScale
        stride = Int(support.rounded(.up)) * 2 + 1
        weights = [Int32](repeating: 0, count: stride * outputSize)
        for output in 0..<outputSize {
            let center = (Double(output) + 0.5) * scale
            let low = max(0, Int(center - support + 0.5))
            let high = min(inputSize, Int(center + support + 0.5))
            first.append(low)
            count.append(high - low)
            let row = Self.row(low: low, high: high, center: center, inverse: 1 / filterScale, filter: filter)
            for (index, weight) in row.enumerated() { weights[output * stride + index] = weight }
        }
    }

    private static func row(low: Int, high: Int, center: Double, inverse: Double, filter: ResampleFilter) -> [Int32] {
        var weights: [Double] = []
        var sum = 0.0
        for index in 0..<(high - low) {
            let weight = filter.weight((Double(index + low) - center + 0.5) * inverse)
            weights.append(weight)
            sum += weight
        }
        return weights.map { weight in
            let normalized = sum != 0 ? weight / sum : weight
            let scaled = normalized * Double(1 << precisionBits)
            return Int32(normalized < 0 ? -0.5 + scaled : 0.5 + scaled)
        }
    }
}
