/// Fixed numbers that known answers and tests start from: a sequence of its own (SplitMix64), so that none of them
/// depends on a generator that it checks.
package struct Samples {
    private var state: UInt64

    /// The sequence of a seed.
    package init(_ seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A value in (-2, 2) with 24 significant bits, exact in Float32.
    package mutating func value() -> Float { Float(Int(word() >> 39) - (1 << 24)) * 0x1p-23 }

    /// A value of either sign with a magnitude between 2^-12 and 2^12, so that sums round at every step.
    package mutating func spreadValue() -> Float {
        let bits = word()
        let exponent = Int(bits & 0xff) % 24 - 12
        return Float(sign: bits & 0x100 == 0 ? .plus : .minus, exponent: exponent, significand: 1)
            * (1 + Float(bits >> 41) * 0x1p-23)
    }

    /// A tensor of `value`s.
    package static func tensor(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var samples = Samples(seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in samples.value() }, shape: shape)
    }

    /// A tensor of `spreadValue`s.
    package static func spread(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var samples = Samples(seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in samples.spreadValue() }, shape: shape)
    }
}
