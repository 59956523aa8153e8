import CKernels
import Foundation
import Testing

/// The elementwise kernels: against the contract's formulas written in Swift, and over the instruction sets.
@Suite struct ElementwiseTests {
    /// Normal-like values of many sizes, the lengths not multiples of sixteen.
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var out = [Float](repeating: 0, count: count)
        let stream = ck_random_stream(seed: seed, stream: 1, step: 0)
        ElementaryKernelSets.all[0].kernels.random.normal(&out, stream, 0, count)
        return out.enumerated().map { $1 * [0.01, 1, 4, 20][$0 % 4] }
    }

    static let a = values(1003, seed: 1)
    static let b = values(1003, seed: 2)
    static let edges: [Float] = [
        0, -0.0, 0x1p-133, -0x1p-133, 1e30, -1e30, -.infinity, 88, -88, -104, 37, -37, -13.5, -14.2,
    ]

    /// Runs `body` with every instruction set; expects the same bits, and returns them.
    static func agreed(_ count: Int, _ body: (ck_elementwise_table, inout [Float]) -> Void) -> [Float] {
        let all = ElementaryKernelSets.all.map { _, kernels in
            var out = [Float](repeating: .nan, count: count)
            body(kernels.elementwise, &out)
            return out
        }
        for other in all.dropFirst() { #expect(other.map(\.bitPattern) == all[0].map(\.bitPattern)) }
        return all[0]
    }

    static func expectEqual(_ found: [Float], _ expected: [Float]) {
        #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    /// Within the largest error that an activation or a slope may have (section 7: 7 ulps, or 2^-24 near a slope's zero),
    /// doubled for the products that GEGLU and the gradients round besides. `slack` is that distance times the largest
    /// factor. `ActivationTests` has each function's own bounds.
    static func expectClose(_ found: [Float], _ expected: [Double], slack: Double = 1e-14) {
        for (index, (value, reference)) in zip(found, expected).enumerated() {
            let bound = max(14 * Double(Float(reference).ulp), slack)
            #expect(abs(Double(value) - reference) <= bound, "element \(index): \(value), expected \(reference)")
        }
    }

    static func phi(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
    static func density(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }
    static func gelu(_ x: Double) -> Double { x * phi(x) }
    static func geluSlope(_ x: Double) -> Double { phi(x) + x * density(x) }
    static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    static func siluSlope(_ x: Double) -> Double { sigmoid(x) * (1 + x * (1 - sigmoid(x))) }

    @Test func arithmetic() {
        let (a, b, n) = (Self.a, Self.b, Self.a.count)
        Self.expectEqual(Self.agreed(n) { $0.add(&$1, a, b, n) }, zip(a, b).map { $0 + $1 })
        Self.expectEqual(Self.agreed(n) { $0.sub(&$1, a, b, n) }, zip(a, b).map { $0 - $1 })
        Self.expectEqual(Self.agreed(n) { $0.mul(&$1, a, b, n) }, zip(a, b).map { $0 * $1 })
        Self.expectEqual(Self.agreed(n) { $0.div(&$1, a, b, n) }, zip(a, b).map { $0 / $1 })
        Self.expectEqual(
            Self.agreed(n) { $0.squared_difference(&$1, a, b, n) }, zip(a, b).map { ($0 - $1) * ($0 - $1) })
        Self.expectEqual(Self.agreed(n) { $0.scale(&$1, a, 0.3, n) }, a.map { $0 * 0.3 })
        Self.expectEqual(Self.agreed(n) { $0.add_scalar(&$1, a, 0.3, n) }, a.map { $0 + 0.3 })
        Self.expectEqual(Self.agreed(n) { $0.axpby(&$1, a, b, 0.3, -1.7, n) }, zip(a, b).map { $0 * 0.3 + $1 * -1.7 })
        Self.expectEqual(Self.agreed(n) { $0.fill(&$1, 2.5, n) }, [Float](repeating: 2.5, count: n))
        Self.expectEqual(Self.agreed(n) { $0.copy(&$1, a, n) }, a)
        let accumulated = Self.agreed(n) { table, out in
            out = a
            table.add_scaled(&out, b, 0.7, n)
        }
        Self.expectEqual(accumulated, zip(a, b).map { $0 + $1 * 0.7 })
    }

    @Test func biases() {
        let (rows, width) = (17, 59)
        let x = Self.a
        let rowBias = Array(Self.b.prefix(width))
        let columnBias = Array(Self.b.suffix(rows))
        let indices = 0..<(rows * width)
        Self.expectEqual(
            Self.agreed(rows * width) { $0.add_row(&$1, x, rowBias, rows, width) },
            indices.map { x[$0] + rowBias[$0 % width] })
        Self.expectEqual(
            Self.agreed(rows * width) { $0.add_column(&$1, x, columnBias, rows, width) },
            indices.map { x[$0] + columnBias[$0 / width] })
    }

    @Test func activations() {
        let x = Self.a + Self.edges
        let n = x.count
        let finite = x.map { Double(max($0, -1e4)) }
        Self.expectClose(Self.agreed(n) { $0.silu(&$1, x, n) }, finite.map { $0 * Self.sigmoid($0) })
        Self.expectClose(Self.agreed(n) { $0.gelu(&$1, x, n) }, finite.map(Self.gelu))
        Self.expectClose(Self.agreed(n) { $0.quick_gelu(&$1, x, n) }, finite.map { $0 * Self.sigmoid(1.702 * $0) })
    }

    /// In the left tail, where 1 + erf would cancel, GELU still has Float32 accuracy.
    @Test func geluTailIsRelativelyAccurate() {
        let x = (0..<1300).map { -Float($0) / 100 }
        let found = Self.agreed(x.count) { $0.gelu(&$1, x, x.count) }
        for (value, y) in zip(x, found) {
            let expected = Self.gelu(Double(value))
            #expect(abs(Double(y) - expected) <= 7 * Double(Float(expected).ulp), "gelu(\(value)) = \(y)")
        }
    }

    @Test func activationGradients() {
        let x = Self.a + Self.edges
        let n = x.count
        let dy = Self.values(n, seed: 3)
        let finite = x.map { Double(min(max($0, -1e3), 1e3)) }
        let expected: ((Double) -> Double) -> [Double] = { slope in zip(dy, finite).map { Double($0) * slope($1) } }
        Self.expectClose(Self.agreed(n) { $0.silu_backward(&$1, dy, x, n) }, expected(Self.siluSlope), slack: 0x1p-17)
        Self.expectClose(Self.agreed(n) { $0.gelu_backward(&$1, dy, x, n) }, expected(Self.geluSlope), slack: 0x1p-17)
        Self.expectClose(
            Self.agreed(n) { $0.quick_gelu_backward(&$1, dy, x, n) },
            expected { x in
                let s = Self.sigmoid(1.702 * x)
                return s * (1 + 1.702 * x * (1 - s))
            }, slack: 0x1p-17)
    }

    @Test func gegluAndItsGradient() {
        let (rows, d) = (7, 37)
        let x = Array(Self.a.prefix(rows * 2 * d))
        let dy = Array(Self.b.prefix(rows * d))
        let pairs = (0..<rows * d).map { (Double(x[$0 / d * 2 * d + $0 % d]), Double(x[$0 / d * 2 * d + d + $0 % d])) }
        Self.expectClose(Self.agreed(rows * d) { $0.geglu(&$1, x, rows, d) }, pairs.map { $0 * Self.gelu($1) })
        var expected = [Double](repeating: 0, count: x.count)
        for (index, (hidden, gate)) in pairs.enumerated() {
            let base = index / d * 2 * d + index % d
            expected[base] = Double(dy[index]) * Self.gelu(gate)
            expected[base + d] = Double(dy[index]) * hidden * Self.geluSlope(gate)
        }
        let found = Self.agreed(x.count) { $0.geglu_backward(&$1, dy, x, rows, d) }
        Self.expectClose(found, expected, slack: 0x1p-11)
        let inPlace = Self.agreed(x.count) { table, out in
            out = x
            out.withUnsafeMutableBufferPointer { table.geglu_backward($0.baseAddress, dy, $0.baseAddress, rows, d) }
        }
        Self.expectEqual(inPlace, found)
    }

    /// An element's bits depend on its value alone: not on its place in a vector or in the tail.
    @Test func tailsUseTheSameFormula() {
        for (_, kernels) in ElementaryKernelSets.all {
            for kernel in [
                kernels.elementwise.exp, kernels.elementwise.silu, kernels.elementwise.gelu, kernels.elementwise.sin,
            ] {
                var whole = [Float](repeating: 0, count: 64)
                kernel?(&whole, Self.a, 64)
                for length in 0...33 {
                    var part = [Float](repeating: 7, count: length + 1)
                    kernel?(&part, Array(Self.a[3..<3 + length]), length)
                    #expect(Array(part.dropLast()) == Array(whole[3..<3 + length]))
                    #expect(part.last == 7)
                }
            }
        }
    }
}
