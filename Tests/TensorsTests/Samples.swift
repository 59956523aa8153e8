import Tensors
import Testing

/// Numbers for tests: a fixed sequence of its own (SplitMix64), so that a test depends on no generator under test.
struct Samples {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A value in (-2, 2) with 24 significant bits, exact in Float32.
    mutating func value() -> Float { Float(Int(word() >> 39) - (1 << 24)) * 0x1p-23 }

    /// A value of either sign with a magnitude between 2^-12 and 2^12, so that sums round at every step.
    mutating func spreadValue() -> Float {
        let bits = word()
        let exponent = Int(bits & 0xff) % 24 - 12
        return Float(sign: bits & 0x100 == 0 ? .plus : .minus, exponent: exponent, significand: 1)
            * (1 + Float(bits >> 41) * 0x1p-23)
    }

    static func tensor(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var samples = Samples(seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in samples.value() }, shape: shape)
    }

    static func spread(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var samples = Samples(seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in samples.spreadValue() }, shape: shape)
    }
}

/// Fails at the first element whose bits differ.
func expectBits(
    _ found: Tensor, _ expected: [Float], _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
) {
    let values = found.floats
    #expect(values.count == expected.count, comment, sourceLocation: location)
    let different = zip(values, expected).enumerated().filter { $0.element.0.bitPattern != $0.element.1.bitPattern }
    if let first = different.first {
        Issue.record(
            """
            \(different.count) of \(values.count) elements differ, first at \(first.offset): found \
            \(first.element.0), expected \(first.element.1). \(comment.map(\.description) ?? "")
            """, sourceLocation: location)
    }
}

/// Engines on every instruction set of this CPU.
func engines(workers: [Int] = [1]) -> [Engine] {
    ISA.supported.flatMap { isa in workers.map { Engine(isa: isa, workers: $0) } }
}
