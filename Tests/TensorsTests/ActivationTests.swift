import Foundation
import Tensors
import Testing

/// Activations: bits where the formula can be written down with public functions, else correct rounding by libm's erfc.
@Suite struct ActivationTests {
    static let inputs: [Float] = {
        var samples = Samples(71)
        return (0..<1003).map { _ in samples.spreadValue() / 128 }
            + [0, -0.0, 1e-30, -1e-30, 0x1p-140, 90, -90, 104, -104, 800, -800, 3e38, -3e38]
    }()

    static func sigmoid(_ x: Double) -> Double { 1 / (1 + Elementary.exp(-x)) }
    static func limited(_ x: Double, _ bound: Double) -> Double { min(max(x, -bound), bound) }

    @Test func silu() {
        check(.silu) { x in
            let c = max(x, -700)
            return c / (1 + Elementary.exp(-min(c, 700)))
        } slope: { x in
            let c = ActivationTests.limited(x, 700)
            let s = ActivationTests.sigmoid(c)
            return s * (1 + c * (1 - s))
        }
    }

    @Test func quickGELU() {
        check(.quickGELU) { x in
            let c = max(x, -400)
            return c / (1 + Elementary.exp(-(min(c, 400) * 1.702)))
        } slope: { x in
            let z = ActivationTests.limited(x, 400) * 1.702
            let s = ActivationTests.sigmoid(z)
            return s * (1 + z * (1 - s))
        }
    }

    private func check(_ activation: Activation, _ value: (Double) -> Double, slope: (Double) -> Double) {
        let inputs = ActivationTests.inputs
        let (x, dy) = (Tensor(inputs, shape: [inputs.count]), Samples.spread([inputs.count], 72))
        let gradients = zip(dy.floats, inputs).map { Float(Double($0) * slope(Double($1))) }
        for engine in engines() {
            expectBits(engine.apply(activation, x), inputs.map { Float(value(Double($0))) }, "\(engine.isa)")
            expectBits(engine.applyBackward(activation, dy, x: x), gradients, "\(engine.isa)")
        }
    }

    /// Φ(x) and φ(x) by libm in double.
    static func normal(_ x: Double) -> (distribution: Double, density: Double) {
        (0.5 * erfc(-x * 0.5.squareRoot()), Foundation.exp(-0.5 * x * x) / (2 * Double.pi).squareRoot())
    }

    /// `found` must be one of the Float32 values that a relative error of 2^-44 in double can round to (the cores are
    /// good to a few units of 2^-53; Φ of large negative arguments to x²·2^-53, x² < 2^8). `scale` is the size of the
    /// terms that may cancel.
    static func isRounded(_ found: Float, _ exact: Double, scale: Double) -> Bool {
        let slack = scale * 0x1p-44
        return found >= Float(exact - slack) && found <= Float(exact + slack)
    }

    @Test func gelu() {
        // Beyond -14 libm's and our tails differ by more than the slack below; they are under 1e-44 there.
        let inputs = ActivationTests.inputs.filter { $0 > -14 }
        let (x, dy) = (Tensor(inputs, shape: [inputs.count]), Samples.spread([inputs.count], 73))
        for engine in engines() {
            let (y, dx) = (engine.apply(.gelu, x).floats, engine.applyBackward(.gelu, dy, x: x).floats)
            for (index, input) in inputs.enumerated() {
                let (a, upstream) = (Double(input), Double(dy.floats[index]))
                let (phi, density) = ActivationTests.normal(a)
                #expect(
                    ActivationTests.isRounded(y[index], a * phi, scale: abs(a * phi)), "gelu(\(input)), \(engine.isa)")
                #expect(
                    ActivationTests.isRounded(
                        dx[index], upstream * (phi + a * density), scale: abs(upstream) * (phi + abs(a) * density)),
                    "gelu′(\(input)), \(engine.isa)")
            }
        }
    }

    @Test func geglu() {
        let (rows, d) = (7, 37)
        let (x, dy) = (Samples.tensor([rows, 2 * d], 74), Samples.tensor([rows, d], 75))
        let (xv, dv) = (x.floats, dy.floats)
        for engine in engines() {
            let (y, dx) = (engine.geglu(x), engine.gegluBackward(dy, x: x).floats)
            #expect(y.shape == [rows, d])
            for index in 0..<rows * d {
                let at = index / d * 2 * d + index % d
                let (hidden, gate, upstream) = (Double(xv[at]), Double(xv[at + d]), Double(dv[index]))
                let (phi, density) = ActivationTests.normal(gate)
                let value = gate * phi
                #expect(ActivationTests.isRounded(y.floats[index], hidden * value, scale: abs(hidden * value)))
                #expect(ActivationTests.isRounded(dx[at], upstream * value, scale: abs(upstream * value)))
                #expect(
                    ActivationTests.isRounded(
                        dx[at + d], upstream * hidden * (phi + gate * density),
                        scale: abs(upstream * hidden) * (phi + abs(gate) * density)))
            }
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
