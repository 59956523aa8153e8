import Compute
import Testing

/// Linear layers and their gradients against scalar loops.
@Suite struct LinearTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let samples, rows, width, out: Int
        var testDescription: String { "\(samples)×\(rows), \(width) → \(out)" }
    }
    static let shapes = [
        Shape(samples: 1, rows: 1, width: 5, out: 3), Shape(samples: 3, rows: 7, width: 300, out: 33),
        Shape(samples: 2, rows: 259, width: 17, out: 21), Shape(samples: 2, rows: 5, width: 31, out: 515),
    ]

    @Test(arguments: shapes) func forward(_ s: Shape) {
        let (x, w) = (Samples.spread([s.samples, s.rows, s.width], 11), Samples.spread([s.out, s.width], 12))
        let bias = Samples.spread([s.out], 13)
        let (xv, wv, bv) = (x.floats, w.floats, bias.floats)
        func expected(_ isBiased: Bool) -> [Float] {
            (0..<s.samples * s.rows * s.out).map { index in
                let (row, j) = (index / s.out, index % s.out)
                return Reference.product(s.width, bias: isBiased ? bv[j] : nil) {
                    (xv[row * s.width + $1], wv[j * s.width + $1])
                }
            }
        }
        for engine in engines() {
            expectBits(engine.linear(x, weight: w, bias: bias), expected(true), "\(engine.isa)")
            expectBits(engine.linear(x, weight: w, bias: nil), expected(false), "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func inputGradient(_ s: Shape) {
        let (dy, w) = (Samples.spread([s.samples, s.rows, s.out], 14), Samples.spread([s.out, s.width], 15))
        let (dv, wv) = (dy.floats, w.floats)
        let expected = (0..<s.samples * s.rows * s.width).map { index in
            Reference.product(s.out) { (dv[index / s.width * s.out + $1], wv[$1 * s.width + index % s.width]) }
        }
        for engine in engines() { expectBits(engine.linearInputGradient(dy, weight: w), expected, "\(engine.isa)") }
    }

    @Test(arguments: shapes) func weightGradient(_ s: Shape) {
        let (dy, x) = (
            Samples.spread([s.samples, s.rows, s.out], 16), Samples.spread([s.samples, s.rows, s.width], 17)
        )
        let before = Samples.spread([s.out, s.width], 18)
        let (dv, xv, start) = (dy.floats, x.floats, before.floats)
        let expected = (0..<s.out * s.width).map { index in
            Reference.product(s.rows, segments: s.samples, start: start[index]) { sample, row in
                let at = sample * s.rows + row
                return (dv[at * s.out + index / s.width], xv[at * s.width + index % s.width])
            }
        }
        for engine in engines() {
            let sum = before.copy()
            engine.accumulateLinearWeightGradient(dy, x, into: sum)
            expectBits(sum, expected, "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func columnSums(_ s: Shape) {
        let (dy, before) = (Samples.spread([s.samples, s.rows, s.out], 19), Samples.spread([s.out], 20))
        let (dv, start) = (dy.floats, before.floats)
        let expected = (0..<s.out).map { column in
            Reference.columnSum(s.rows, samples: s.samples, start: start[column]) { sample, row in
                dv[(sample * s.rows + row) * s.out + column]
            }
        }
        for engine in engines() {
            let sum = before.copy()
            engine.accumulateColumnSums(dy, into: sum)
            expectBits(sum, expected, "\(engine.isa)")
        }
    }
}
