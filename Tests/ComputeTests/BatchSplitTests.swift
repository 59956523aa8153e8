import Compute
import Testing

/// A batch of four samples gives parameters the same gradients, bit for bit, as two batches of two or four of one.
@Suite struct BatchSplitTests {
    /// Runs `accumulate(samples, sums)` over the batch cut into equal parts and compares the sums.
    private func check(_ shapes: [[Int]], _ accumulate: (Engine, Range<Int>, [Tensor]) -> Void) {
        for engine in engines() {
            let results = [4, 2, 1].map { size in
                let sums = shapes.enumerated().map { Samples.spread($1, 110 + UInt64($0)) }
                for first in stride(from: 0, to: 4, by: size) { accumulate(engine, first..<first + size, sums) }
                return sums
            }
            for (whole, parts) in zip([results[0], results[0]], results.dropFirst()) {
                for (a, b) in zip(whole, parts) { expectBits(b, a.floats, "\(engine.isa)") }
            }
        }
    }

    @Test(arguments: [3, 300]) func linear(rows: Int) {
        let (dy, x) = (Samples.spread([4, rows, 19], 121), Samples.spread([4, rows, 23], 122))
        check([[19, 23], [19]]) { engine, part, sums in
            engine.accumulateLinearWeightGradient(dy.slice(part), x.slice(part), into: sums[0])
            engine.accumulateColumnSums(dy.slice(part), into: sums[1])
        }
    }

    @Test(arguments: [1, 2]) func convolution(stride: Int) {
        let geometry = ConvolutionGeometry(stride: stride, padding: 1)
        let (height, width) = ((21 - 1) / stride + 1, (17 - 1) / stride + 1)
        let (dy, x) = (Samples.spread([4, 5, height, width], 123), Samples.spread([4, 3, 21, 17], 124))
        check([[5, 3, 3, 3], [5]]) { engine, part, sums in
            engine.accumulateConvolutionWeightGradient(dy.slice(part), x.slice(part), into: sums[0], geometry)
            engine.accumulateChannelSums(dy.slice(part), into: sums[1])
        }
    }

    @Test func groupNorm() {
        let (dy, x, w) = (
            Samples.spread([4, 6, 9, 31], 125), Samples.spread([4, 6, 9, 31], 126), Samples.spread([6], 127)
        )
        check([[6], [6]]) { engine, part, sums in
            let (dy, x) = (dy.slice(part), x.slice(part))
            let statistics = engine.groupNorm(x, groups: 2, weight: w, bias: w, eps: 1e-5).statistics
            _ = engine.groupNormBackward(
                dy, x: x, groups: 2, weight: w, bias: w, statistics: statistics, dweight: sums[0], dbias: sums[1])
        }
    }

    @Test func layerNorm() {
        let (dy, x, w) = (
            Samples.spread([4, 260, 21], 128), Samples.spread([4, 260, 21], 129), Samples.spread([21], 130)
        )
        check([[21], [21]]) { engine, part, sums in
            let (dy, x) = (dy.slice(part), x.slice(part))
            let statistics = engine.layerNorm(x, weight: w, bias: w, eps: 1e-5).statistics
            _ = engine.layerNormBackward(
                dy, x: x, weight: w, statistics: statistics, dweight: sums[0], dbias: sums[1])
        }
    }

    @Test func embedding() {
        var samples = Samples(131)
        let dy = Samples.spread([4, 9, 7], 132)
        let ids = (0..<36).map { _ in Int(samples.word() % 5) }
        check([[5, 7]]) { engine, part, sums in
            let rows = Array(ids[part.lowerBound * 9..<part.upperBound * 9])
            engine.accumulateEmbeddingGradient(dy.slice(part), ids: rows, into: sums[0])
        }
    }

    /// What a sample gives does not depend on the samples beside it: outputs and input gradients.
    @Test func outputsBySample() {
        let (x, w) = (Samples.spread([4, 3, 9, 8], 133), Samples.spread([5, 3, 3, 3], 134))
        let geometry = ConvolutionGeometry(padding: 1)
        let (q, k) = (Samples.tensor([4, 70, 12], 135), Samples.tensor([4, 33, 12], 136))
        func check(_ whole: Tensor, _ part: (Range<Int>) -> Tensor) {
            for sample in 0..<4 {
                expectBits(part(sample..<sample + 1), whole.slice(sample..<sample + 1).floats, "sample \(sample)")
            }
        }
        for engine in engines() {
            let y = engine.convolution(x, weight: w, bias: nil, geometry)
            check(y) { engine.convolution(x.slice($0), weight: w, bias: nil, geometry) }
            check(engine.convolutionInputGradient(y, weight: w, inputShape: x.shape, geometry)) {
                engine.convolutionInputGradient(
                    y.slice($0), weight: w, inputShape: [1, 3, 9, 8], geometry)
            }
            let (o, statistics) = engine.attention(q, k, k, heads: 3)
            check(o) { engine.attention(q.slice($0), k.slice($0), k.slice($0), heads: 3).o }
            check(engine.attentionBackward(q, q, k, k, o: o, statistics: statistics, heads: 3).dk) {
                engine.attentionBackward(
                    q.slice($0), q.slice($0), k.slice($0), k.slice($0), o: o.slice($0),
                    statistics: statistics.slice($0), heads: 3
                ).dk
            }
        }
    }
}
