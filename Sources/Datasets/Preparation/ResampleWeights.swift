/// For some output positions of one axis: which input positions they read, and with which weights. A weight is a `Double`
/// that sums to 1 with the others of its position, or that in fixed point.
struct ResampleWeights<Weight> {
    /// First input position of each output position.
    private(set) var first: [Int] = []
    /// Number of input positions of each output position.
    private(set) var count: [Int] = []
    /// Weights, `stride` places for each output position.
    private(set) var weights: [Weight] = []
    /// Places of one output position in `weights`.
    let stride: Int

    /// All input positions that are read.
    var inputs: Range<Int> { first[0]..<first[first.count - 1] + count[count.count - 1] }

    /// `precompute_coeffs` of Pillow's `Resample.c` for the positions `outputs` of the axis; torch's antialiased
    /// interpolation has the same rule.
    private init(
        inputSize: Int, outputSize: Int, outputs: Range<Int>, filter: ResampleFilter, zero: Weight,
        _ stored: (Double) -> Weight
    ) {
        precondition(!outputs.isEmpty && outputs.lowerBound >= 0 && outputs.upperBound <= outputSize)
        let scale = Double(inputSize) / Double(outputSize)
        let filterScale = scale < 1 ? 1 : scale
        let support = filter.support * filterScale
        stride = Int(support.rounded(.up)) * 2 + 1
        weights = [Weight](repeating: zero, count: stride * outputs.count)
        for (place, output) in outputs.enumerated() {
            let center = (Double(output) + 0.5) * scale
            let low = max(0, Int(center - support + 0.5))
            let high = min(inputSize, Int(center + support + 0.5))
            first.append(low)
            count.append(high - low)
            let row = Self.row(low: low, high: high, center: center, inverse: 1 / filterScale, filter: filter)
            for (index, weight) in row.enumerated() { weights[place * stride + index] = stored(weight) }
        }
    }

    private static func row(low: Int, high: Int, center: Double, inverse: Double, filter: ResampleFilter) -> [Double] {
        var weights: [Double] = []
        var sum = 0.0
        for index in 0..<(high - low) {
            let weight = filter.weight((Double(index + low) - center + 0.5) * inverse)
            weights.append(weight)
            sum += weight
        }
        return sum != 0 ? weights.map { $0 / sum } : weights
    }
}

extension ResampleWeights<Int32> {
    /// Fractional bits of a weight: what is left of 32 bits after 8 for the sample and 2 for sign and overshoot.
    static var precisionBits: Int { 32 - 8 - 2 }

    /// In fixed point, by `normalize_coeffs_8bpc` of Pillow's `Resample.c`.
    init(fixed inputSize: Int, to outputSize: Int, outputs: Range<Int>, filter: ResampleFilter) {
        self.init(inputSize: inputSize, outputSize: outputSize, outputs: outputs, filter: filter, zero: 0) { weight in
            let scaled = weight * Double(1 << Self.precisionBits)
            return Int32(weight < 0 ? -0.5 + scaled : 0.5 + scaled)
        }
    }
}

extension ResampleWeights<Double> {
    /// As they are.
    init(exact inputSize: Int, to outputSize: Int, outputs: Range<Int>, filter: ResampleFilter) {
        self.init(inputSize: inputSize, outputSize: outputSize, outputs: outputs, filter: filter, zero: 0) { $0 }
    }
}

// What torch computes for a tensor of Float32, in Float32.
extension ResampleWeights<Double> {
    /// A cubic of a = −½ that widens when shrinking: `_compute_indices_min_size_weights_aa` of torch's
    /// `UpSampleKernel.cpp`.
    init(widenedCubic inputSize: Int, to outputSize: Int, outputs: Range<Int>) {
        precondition(!outputs.isEmpty && outputs.lowerBound >= 0 && outputs.upperBound <= outputSize)
        let scale = Float(inputSize) / Float(outputSize)
        let support: Float = scale >= 1 ? 2 * scale : 2
        let inverse: Float = scale >= 1 ? 1 / scale : 1
        stride = Int(support.rounded(.up)) * 2 + 1
        weights = [Double](repeating: 0, count: stride * outputs.count)
        for (place, output) in outputs.enumerated() {
            let center = Float(Double(scale) * (Double(output) + 0.5))
            let low = max(0, Int(Double(center - support) + 0.5))
            let high = min(inputSize, Int(Double(center + support) + 0.5))
            first.append(low)
            count.append(high - low)
            var row = (low..<high).map { input in
                Self.widened(Float((Double(Float(input) - center) + 0.5) * Double(inverse)))
            }
            let sum = row.reduce(0, +)
            if sum != 0 { row = row.map { $0 / sum } }
            for (index, weight) in row.enumerated() { weights[place * stride + index] = Double(weight) }
        }
    }

    private static func widened(_ x: Float) -> Float {
        let (x, a): (Float, Float) = (abs(x), -0.5)
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }

    /// A cubic of a = −¾ over four inputs; those outside count as the outermost ones: `HelperInterpCubic` of the same file.
    init(cubic inputSize: Int, to outputSize: Int, outputs: Range<Int>) {
        precondition(!outputs.isEmpty && outputs.lowerBound >= 0 && outputs.upperBound <= outputSize)
        let scale = Float(inputSize) / Float(outputSize)
        stride = 4
        weights = [Double](repeating: 0, count: stride * outputs.count)
        for (place, output) in outputs.enumerated() {
            let source = scale * (Float(output) + 0.5) - 0.5
            let index = min(Int(source.rounded(.down)), inputSize - 1)
            let t = min(max(source - Float(index), 0), 1)
            let inputs = (index - 1...index + 2).map { min(max($0, 0), inputSize - 1) }
            first.append(inputs[0])
            count.append(inputs[3] - inputs[0] + 1)
            for (input, weight) in zip(inputs, [Self.far(t + 1), Self.near(t), Self.near(1 - t), Self.far(2 - t)]) {
                weights[place * stride + input - inputs[0]] += Double(weight)
            }
        }
    }

    private static func near(_ x: Float) -> Float { ((-0.75 + 2) * x - (-0.75 + 3)) * x * x + 1 }

    private static func far(_ x: Float) -> Float { ((-0.75 * x + 3.75) * x - 6) * x + 3 }
}
