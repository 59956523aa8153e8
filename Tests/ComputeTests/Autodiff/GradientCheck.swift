import Compute
import Testing

/// Numbers in (−1, 1) from a fixed sequence (SplitMix64), exact in Float32.
struct Numbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> Float {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Float(Int((z ^ (z >> 31)) >> 40) - (1 << 23)) * 0x1p-23
    }

    static func tensor(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var numbers = Numbers(seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in numbers.next() }, shape: shape)
    }
}

/// Holds an operation of the tape on every device against a reference in Double: the value, and every gradient by central
/// differences; of a device without numbers their shapes.
struct GradientCheck {
    /// Shapes of the inputs, then of the parameters; their values come from `Numbers`.
    var inputs: [[Int]] = []
    var parameters: [[Int]] = []
    /// Roundings on the longest way to a number, and the largest sum of absolute values on it. Their product times 2^-24
    /// bounds the error of Float32 (to first order); inputs and upstream gradients lie in (−1, 1).
    var roundings: Double
    var magnitude: Double

    var tolerance: Double { roundings * magnitude * 0x1p-24 }

    func run(
        at location: SourceLocation = #_sourceLocation, _ body: (Tape, [Variable], [Parameter]) -> Variable,
        reference: ([[Double]]) -> [Double]
    ) {
        for device in TestedDevice.allCases { run(on: device, location, body, reference) }
    }

    private func run(
        on device: TestedDevice, _ location: SourceLocation, _ body: (Tape, [Variable], [Parameter]) -> Variable,
        _ reference: ([[Double]]) -> [Double]
    ) {
        let engine = device.engines().last!
        let tape = Tape(engine: engine)
        let tensors = (inputs + parameters).enumerated().map { Numbers.tensor($1, UInt64($0) + 1) }
        let leaves = tensors.prefix(inputs.count).map(tape.leaf)
        let weights = tensors.dropFirst(inputs.count).enumerated().map { Parameter(name: "p\($0)", value: $1) }
        for weight in weights { weight.isTrainable = true }
        let output = body(tape, leaves, weights)
        let seed = Numbers.tensor(output.shape, 99)
        let values = tensors.map { $0.floats.map(Double.init) }
        let value = reference(values)
        guard device.promise != .shapes else {
            #expect(output.value.count == value.count, sourceLocation: location)
            tape.backward(from: output, seed: seed)
            #expect(
                leaves.map { tape.gradient(of: $0)?.shape } + weights.map { $0.gradient?.shape }
                    == (inputs + parameters).map(Optional.some), sourceLocation: location)
            return
        }
        compare(output.value.floats, value, "value, \(device)", location)
        tape.backward(from: output, seed: seed)
        let found = leaves.map { tape.gradient(of: $0) } + weights.map(\.gradient)
        let expected = differences(values, seed.floats.map(Double.init), reference)
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            guard let found else {
                Issue.record("no gradient for number \(index), \(device)", sourceLocation: location)
                continue
            }
            compare(found.floats, expected, "gradient of number \(index), \(device)", location)
            // A tolerance that a gradient of zeros would pass proves nothing.
            #expect(expected.map(abs).max()! > 100 * tolerance, sourceLocation: location)
        }
    }

    private func compare(_ found: [Float], _ expected: [Double], _ what: String, _ location: SourceLocation) {
        #expect(found.count == expected.count, sourceLocation: location)
        let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
        #expect(worst <= tolerance, "\(what)", sourceLocation: location)
    }

    /// ∂(Σ seed·f)/∂x by central differences in Double: the step 2^-17 leaves an error near 1e-10.
    private func differences(
        _ values: [[Double]], _ seed: [Double], _ reference: ([[Double]]) -> [Double]
    ) -> [[Double]] {
        func loss(_ values: [[Double]]) -> Double { zip(reference(values), seed).reduce(0) { $0 + $1.0 * $1.1 } }
        return values.indices.map { which in
            values[which].indices.map { index in
                var (above, below) = (values, values)
                above[which][index] += 0x1p-17
                below[which][index] -= 0x1p-17
                return (loss(above) - loss(below)) * 0x1p16
            }
        }
    }
}
