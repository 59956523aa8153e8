import Compute
import Testing

/// The fused multiply-add of every instruction set, the software one of the baseline above all, against
/// `Float.addingProduct`. Reached through products of one row, k = 2: fma(1, c, +0) = c, then fma(a, b, c).
@Suite struct FusedMultiplyAddTests {
    typealias Case = (a: Float, b: Float, c: Float)

    private func check(_ cases: [Case], _ name: Comment) {
        for engine in engines() {
            var different = 0
            var first: String?
            for at in stride(from: 0, to: cases.count, by: 32) {
                // Thirty-two cases share a product: only the diagonal is looked at.
                let block = cases[at..<min(at + 32, cases.count)]
                let left = Tensor(block.flatMap { [1, $0.a] }, shape: [block.count, 2])
                let right = Tensor(block.map(\.c) + block.map(\.b), shape: [2, block.count])
                let found = engine.matmul(left, right).floats
                for (index, (a, b, c)) in block.enumerated() {
                    let expected = (c + 0).addingProduct(a, b)
                    let value = found[index * block.count + index]
                    if value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN) {
                        different += 1
                        first = first ?? "fma(\(a), \(b), \(c)) = \(expected), found \(value)"
                    }
                }
            }
            #expect(different == 0, "\(name), \(engine.isa): \(first ?? "")")
        }
    }

    @Test func randomBits() {
        var samples = Samples(101)
        func any() -> Float {
            while true {
                let value = Float(bitPattern: UInt32(truncatingIfNeeded: samples.word()))
                if value.isFinite { return value }
            }
        }
        check((0..<40_000).map { _ in (any(), any(), any()) }, "random bits")
    }

    /// c close to −a·b: what is left is the product's rounding error.
    @Test func cancellation() {
        var samples = Samples(102)
        check(
            (0..<20_000).map { index in
                let (a, b) = (samples.spreadValue(), samples.spreadValue())
                let c = -(a * b)
                return (a, b, [c, c.nextUp, c.nextDown, -c][index % 4])
            }, "cancellation")
    }

    /// c + a·b beside the middle of two Float32 values, by less than the last place of a double: rounding to double
    /// first would round twice. a·b = 2^-24·(1 ± δ), δ < 2^-26, and half a unit of c's last place is 2^-24.
    @Test func doubleRounding() {
        var samples = Samples(103)
        func nearlyOne() -> (Float, Float) {
            while true {
                let a = 1 + Float(samples.word() >> 41) * 0x1p-23
                let b = Float((1 + Double(Int(samples.word() % 1024) - 512) * 0x1p-36) / Double(a))
                // The product of two Float32 is exact in Double.
                if abs(Double(a) * Double(b) - 1) < 0x1p-26 { return (a, b) }
            }
        }
        check(
            (0..<20_000).map { index in
                let (c, (a, b)) = (1 + Float(samples.word() >> 41) * 0x1p-23, nearlyOne())
                return (index & 1 == 0 ? a : -a, b * 0x1p-24, index & 2 == 0 ? c : -c)
            }, "double rounding")
    }

    /// Products and sums among the subnormals, where a result has fewer digits.
    @Test func subnormals() {
        var samples = Samples(104)
        check(
            (0..<20_000).map { index in
                let a = samples.spreadValue() * 0x1p-70
                let b = samples.spreadValue() * Float(sign: .plus, exponent: -60 - index % 25, significand: 1)
                let bits = UInt32(truncatingIfNeeded: samples.word()) & 0x807f_ffff
                return (a, b, index % 3 == 0 ? 0 : Float(bitPattern: bits >> UInt32(index % 20)))
            }, "subnormals")
    }

    @Test func specialValues() {
        let values: [Float] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
            .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p-75, -0x1p-75, 0x1p64,
        ]
        var cases: [Case] = []
        for a in values { for b in values { for c in values where c.isFinite { cases.append((a, b, c)) } } }
        // One case a product: an infinity or a NaN must not meet another case's zero.
        for one in cases { check([one], "special values") }
    }
}
