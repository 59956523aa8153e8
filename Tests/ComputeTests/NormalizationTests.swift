import Compute
import Testing

/// GroupNorm and LayerNorm against scalar loops.
@Suite struct NormalizationTests {
    /// Mean and 1 / √(variance + ε): two passes, rule 4, divisions and the root rounded by themselves.
    static func statistics(_ count: Int, eps: Float, _ x: (Int) -> Float) -> (mean: Float, rstd: Float) {
        let mean = Reference.sum(count, x) / Float(count)
        let variance = Reference.sum(count) { (x($0) - mean) * (x($0) - mean) } / Float(count)
        return (mean, 1 / (variance + eps).squareRoot())
    }

    struct Groups: Sendable, CustomTestStringConvertible {
        let samples, channels, groups, height, width: Int
        var testDescription: String { "\(samples)×\(channels)×\(height)×\(width) in \(groups)" }
        var shape: [Int] { [samples, channels, height, width] }
        var perGroup: Int { channels / groups }
        var area: Int { height * width }
        var groupSize: Int { perGroup * area }
        func channel(_ index: Int) -> Int { index / area % channels }
    }
    static let groupShapes = [
        Groups(samples: 1, channels: 1, groups: 1, height: 1, width: 1),
        Groups(samples: 2, channels: 6, groups: 3, height: 3, width: 5),
        Groups(samples: 3, channels: 8, groups: 8, height: 7, width: 9),
        Groups(samples: 2, channels: 10, groups: 2, height: 31, width: 33),
    ]

    @Test(arguments: groupShapes) func groupForward(_ s: Groups) {
        let (x, w, bias) = (
            Samples.spread(s.shape, 31), Samples.spread([s.channels], 32), Samples.spread([s.channels], 33)
        )
        let (xv, wv, bv) = (x.floats, w.floats, bias.floats)
        let notes = (0..<s.samples * s.groups).map { group in
            NormalizationTests.statistics(s.groupSize, eps: 1e-5) { xv[group * s.groupSize + $0] }
        }
        let expected = xv.indices.map { index in
            let (mean, rstd) = notes[index / s.groupSize]
            return ((xv[index] - mean) * rstd) * wv[s.channel(index)] + bv[s.channel(index)]
        }
        for engine in engines() {
            let (y, statistics) = engine.groupNorm(x, groups: s.groups, weight: w, bias: bias, eps: 1e-5)
            expectBits(y, expected, "\(engine.isa)")
            expectBits(statistics, notes.flatMap { [$0.mean, $0.rstd] }, "\(engine.isa)")
        }
    }

    @Test(arguments: groupShapes) func groupBackward(_ s: Groups) {
        let (x, dy, w) = (Samples.spread(s.shape, 34), Samples.spread(s.shape, 35), Samples.spread([s.channels], 36))
        let (dw, db) = (Samples.spread([s.channels], 37), Samples.spread([s.channels], 38))
        let (xv, dv, wv) = (x.floats, dy.floats, w.floats)
        let notes = (0..<s.samples * s.groups).map { group in
            NormalizationTests.statistics(s.groupSize, eps: 1e-6) { xv[group * s.groupSize + $0] }
        }
        func normal(_ index: Int) -> Float {
            (xv[index] - notes[index / s.groupSize].mean) * notes[index / s.groupSize].rstd
        }
        let sums = notes.indices.map { group in
            (
                Reference.sum(s.groupSize) { dv[group * s.groupSize + $0] * wv[s.channel(group * s.groupSize + $0)] }
                    / Float(s.groupSize),
                Reference.sum(s.groupSize) {
                    let index = group * s.groupSize + $0
                    return (dv[index] * wv[s.channel(index)]) * normal(index)
                } / Float(s.groupSize)
            )
        }
        let dx = xv.indices.map { index in
            let (s1, s2) = sums[index / s.groupSize]
            return notes[index / s.groupSize].rstd
                * (dv[index] * wv[s.channel(index)] - (s1 + normal(index) * s2))
        }
        func perChannel(_ start: [Float], _ term: (Int) -> Float) -> [Float] {
            start.indices.map { channel in
                (0..<s.samples).reduce(start[channel]) { result, sample in
                    result + Reference.sum(s.area) { term((sample * s.channels + channel) * s.area + $0) }
                }
            }
        }
        let (expectedW, expectedB) = (perChannel(dw.floats) { dv[$0] * normal($0) }, perChannel(db.floats) { dv[$0] })
        for engine in engines() {
            let (sumW, sumB) = (dw.copy(), db.copy())
            let statistics = engine.groupNorm(x, groups: s.groups, weight: w, bias: w, eps: 1e-6).statistics
            let found = engine.groupNormBackward(
                dy, x: x, groups: s.groups, weight: w, bias: w, statistics: statistics, dweight: sumW, dbias: sumB)
            expectBits(found, dx, "\(engine.isa)")
            expectBits(sumW, expectedW, "\(engine.isa)")
            expectBits(sumB, expectedB, "\(engine.isa)")
        }
    }

    /// With SiLU at once: the same bits as one operation after the other.
    @Test(arguments: groupShapes) func groupWithSilu(_ s: Groups) {
        let (x, dy) = (Samples.spread(s.shape, 25), Samples.spread(s.shape, 26))
        let (w, b) = (Samples.spread([s.channels], 27), Samples.spread([s.channels], 28))
        for engine in engines() {
            let plain = engine.groupNorm(x, groups: s.groups, weight: w, bias: b, eps: 1e-5)
            let found = engine.groupNorm(x, groups: s.groups, weight: w, bias: b, eps: 1e-5, silu: true)
            expectBits(found.y, engine.apply(.silu, plain.y).floats, "\(engine.isa)")
            expectBits(found.statistics, plain.statistics.floats, "\(engine.isa)")
            let gradients = [false, true].map { silu in
                let (dw, db) = (w.copy(), b.copy())
                let incoming = silu ? dy : engine.applyBackward(.silu, dy, x: plain.y)
                let dx = engine.groupNormBackward(
                    incoming, x: x, groups: s.groups, weight: w, bias: b, statistics: plain.statistics, dweight: dw,
                    dbias: db, silu: silu)
                return [dx, dw, db]
            }
            for (one, other) in zip(gradients[1], gradients[0]) { expectBits(one, other.floats, "\(engine.isa)") }
        }
    }

    /// (samples, rows a sample, width)
    static let layerShapes = [(1, 1, 1), (2, 3, 5), (3, 7, 33), (2, 261, 18), (1, 2, 4100)]

    @Test(arguments: layerShapes) func layerForward(samples: Int, rows: Int, width: Int) {
        let (x, w) = (Samples.spread([samples, rows, width], 41), Samples.spread([width], 42))
        let bias = Samples.spread([width], 43)
        let (xv, wv, bv) = (x.floats, w.floats, bias.floats)
        let notes = (0..<samples * rows).map { row in
            NormalizationTests.statistics(width, eps: 1e-5) { xv[row * width + $0] }
        }
        let expected = xv.indices.map { index in
            let (mean, rstd) = notes[index / width]
            return ((xv[index] - mean) * rstd) * wv[index % width] + bv[index % width]
        }
        for engine in engines() {
            let (y, statistics) = engine.layerNorm(x, weight: w, bias: bias, eps: 1e-5)
            expectBits(y, expected, "\(engine.isa)")
            expectBits(statistics, notes.flatMap { [$0.mean, $0.rstd] }, "\(engine.isa)")
        }
    }

    @Test(arguments: layerShapes) func layerBackward(samples: Int, rows: Int, width: Int) {
        let (x, dy) = (Samples.spread([samples, rows, width], 44), Samples.spread([samples, rows, width], 45))
        let (w, dw, db) = (Samples.spread([width], 46), Samples.spread([width], 47), Samples.spread([width], 48))
        let (xv, dv, wv) = (x.floats, dy.floats, w.floats)
        let notes = (0..<samples * rows).map { row in
            NormalizationTests.statistics(width, eps: 1e-5) { xv[row * width + $0] }
        }
        func normal(_ index: Int) -> Float { (xv[index] - notes[index / width].mean) * notes[index / width].rstd }
        let sums = notes.indices.map { row in
            (
                Reference.sum(width) { dv[row * width + $0] * wv[$0] } / Float(width),
                Reference.sum(width) { (dv[row * width + $0] * wv[$0]) * normal(row * width + $0) } / Float(width)
            )
        }
        let dx = xv.indices.map { index in
            let (s1, s2) = sums[index / width]
            return notes[index / width].rstd
                * (dv[index] * wv[index % width] - (s1 + normal(index) * s2))
        }
        func perColumn(_ start: [Float], _ term: @escaping (Int) -> Float) -> [Float] {
            start.indices.map { column in
                Reference.columnSum(rows, samples: samples, start: start[column]) {
                    term(($0 * rows + $1) * width + column)
                }
            }
        }
        let (expectedW, expectedB) = (perColumn(dw.floats) { dv[$0] * normal($0) }, perColumn(db.floats) { dv[$0] })
        for engine in engines() {
            let (sumW, sumB) = (dw.copy(), db.copy())
            let statistics = engine.layerNorm(x, weight: w, bias: w, eps: 1e-5).statistics
            let found = engine.layerNormBackward(
                dy, x: x, weight: w, statistics: statistics, dweight: sumW, dbias: sumB)
            expectBits(found, dx, "\(engine.isa)")
            expectBits(sumW, expectedW, "\(engine.isa)")
            expectBits(sumB, expectedB, "\(engine.isa)")
        }
    }
}
