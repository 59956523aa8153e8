import Compute
import Foundation
import Testing

/// Activations and their slopes against libm in double, within the bounds that the contract states (section 7) and
/// `Tests/Exhaustive` proves for every input; one digest an instruction set is in `InvarianceTests`.
@Suite struct ActivationTests {
    /// An error bound for inputs up to `to`, in units in the last place of the exact result or as a distance.
    struct Zone: Sendable {
        let to: Float
        var ulps = 0.0
        var distance = 0.0
    }

    /// A function of one value with its slope.
    struct Function: Sendable, CustomTestStringConvertible {
        let activation: Activation
        let value, slope: @Sendable (Double) -> Double
        let valueZones, slopeZones: [Zone]
        var testDescription: String { "\(activation)" }
    }

    static let silu = Function(
        activation: .silu, value: { $0 * sigmoid($0) }, slope: { sigmoid($0) * (1 + $0 * sigmoid(-$0)) },
        valueZones: [Zone(to: -0x1.62e43p+6, distance: 22.2 * 0x1p-126), Zone(to: .infinity, ulps: 3)],
        slopeZones: [
            Zone(to: -87, distance: 121 * 0x1p-126), Zone(to: -2, ulps: 7), Zone(to: -0.75, distance: 0x1p-24),
            Zone(to: .infinity, ulps: 3),
        ])
    static let quickGELU = Function(
        activation: .quickGELU, value: { $0 * sigmoid(1.702 * $0) }, slope: { silu.slope(1.702 * $0) },
        valueZones: [Zone(to: -0x1.a10754p+5, distance: 14 * 0x1p-126), Zone(to: .infinity, ulps: 3)],
        slopeZones: [
            Zone(to: -51, distance: 147 * 0x1p-126), Zone(to: -1.25, ulps: 7), Zone(to: -0.4375, distance: 0x1p-24),
            Zone(to: .infinity, ulps: 3),
        ])
    static let gelu = Function(
        activation: .gelu, value: { $0 * normal($0) }, slope: { normal($0) + $0 * density($0) },
        valueZones: [Zone(to: -0x1.a615aep+3, distance: 0.6 * 0x1p-126), Zone(to: .infinity, ulps: 5)],
        slopeZones: [
            Zone(to: -0x1.a615aep+3, distance: 8 * 0x1p-126), Zone(to: -1.25, ulps: 5),
            Zone(to: -0.4375, distance: 1.2 * 0x1p-24), Zone(to: .infinity, ulps: 5),
        ])

    static func sigmoid(_ x: Double) -> Double { 1 / (1 + Foundation.exp(-x)) }
    /// Φ and φ.
    static func normal(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
    static func density(_ x: Double) -> Double { Foundation.exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }

    /// The distance of neighbouring Float32 values around `x`.
    static func ulp(_ x: Double) -> Double {
        x == 0 ? 0x1p-149 : max(0x1p-149, scalbn(1, Int(ilogb(x)) - 23))
    }

    /// How far the function may be from `exact` at `x`.
    static func bound(_ zones: [Zone], _ x: Float, _ exact: Double) -> Double {
        let zone = zones.first { x < $0.to } ?? zones[zones.count - 1]
        return zone.distance + zone.ulps * ulp(exact)
    }

    static let inputs: [Float] = {
        var samples = Samples(71)
        let near = (-1400...1400).map { Float($0) / 64 }
        return (0..<1003).map { _ in samples.spreadValue() / 128 } + near
            + [0, -0.0, 1e-30, -1e-30, 0x1p-140, 90, -90, 104, -104, 800, -800, 3e38, -3e38]
    }()

    @Test(arguments: [silu, quickGELU, gelu]) func withinBounds(_ function: Function) {
        let inputs = ActivationTests.inputs
        let (x, dy) = (Tensor(inputs, shape: [inputs.count]), Samples.spread([inputs.count], 72))
        for engine in engines() {
            let y = engine.apply(function.activation, x).floats
            let dx = engine.applyBackward(function.activation, dy, x: x).floats
            for (index, input) in inputs.enumerated() {
                let (value, slope) = (function.value(Double(input)), function.slope(Double(input)))
                let bound = ActivationTests.bound(function.valueZones, input, value)
                #expect(abs(Double(y[index]) - value) <= bound, "at \(input), \(engine.isa)")
                // The product with dy is rounded once more.
                let upstream = Double(dy.floats[index])
                let slopeBound = abs(upstream) * ActivationTests.bound(function.slopeZones, input, slope)
                let exact = upstream * slope
                #expect(
                    abs(Double(dx[index]) - exact) <= slopeBound + ActivationTests.ulp(exact),
                    "slope at \(input), \(engine.isa)")
            }
        }
    }

    /// GEGLU is hidden · GELU(gate), its gradients dy · GELU(gate) and (dy · hidden) · GELU′(gate): the bits of the
    /// operations one after the other.
    @Test func geglu() {
        let (rows, d) = (7, 37)
        let (x, dy) = (Samples.tensor([rows, 2 * d], 74), Samples.tensor([rows, d], 75))
        let values = x.floats
        func part(_ offset: Int) -> Tensor {
            let picked = (0..<rows * d).map { index -> Float in values[index / d * 2 * d + offset + index % d] }
            return Tensor(picked, shape: [rows, d])
        }
        let (hidden, gate) = (part(0), part(d))
        for engine in engines() {
            let value = engine.apply(.gelu, gate)
            let product = engine.multiply(dy, hidden)
            expectBits(engine.geglu(x), engine.multiply(hidden, value).floats, "\(engine.isa)")
            let left = engine.multiply(dy, value).floats
            let right = engine.applyBackward(.gelu, product, x: gate).floats
            var expected: [Float] = []
            for row in 0..<rows {
                let columns = row * d..<(row + 1) * d
                expected += left[columns]
                expected += right[columns]
            }
            expectBits(engine.gegluBackward(dy, x: x), expected, "\(engine.isa)")
        }
    }

    @Test func arithmetic() {
        let (a, b) = (Samples.spread([5, 31], 76), Samples.spread([5, 31], 77))
        let (av, bv) = (a.floats, b.floats)
        for engine in engines() {
            expectBits(engine.add(a, b), zip(av, bv).map { $0 + $1 })
            expectBits(engine.subtract(a, b), zip(av, bv).map { $0 - $1 })
            expectBits(engine.multiply(a, b), zip(av, bv).map { $0 * $1 })
            expectBits(engine.scale(a, by: 0.1), av.map { $0 * 0.1 })
            expectBits(engine.blend(a, 0.1, b, 0.7), zip(av, bv).map { $0 * 0.1 + $1 * 0.7 })
            let inPlace = a.copy()
            engine.scaleInPlace(inPlace, by: -1.3)
            expectBits(inPlace, av.map { $0 * -1.3 })
        }
    }

    @Test func broadcastAdditions() {
        let (x, e, rows) = (
            Samples.spread([2, 3, 5, 7], 78), Samples.spread([2, 3], 79), Samples.spread([3, 35], 80)
        )
        let (xv, ev, rv) = (x.floats, e.floats, rows.floats)
        for engine in engines() {
            expectBits(engine.addPerChannel(x, e), xv.indices.map { xv[$0] + ev[$0 / 35] })
            expectBits(engine.addRows(x.reshaped([2, 3, 35]), rows), xv.indices.map { xv[$0] + rv[$0 % 105] })
        }
    }
}
