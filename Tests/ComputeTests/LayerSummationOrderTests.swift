import Compute
import Testing

/// The order of the sums inside convolutions, softmax and attention seen from outside: see `SummationOrderTests` for the
/// probes. Rule 2 lets survive the ones that lie behind both places in the later place's chain and in later chunks, and
/// those of all earlier chunks if both places share a chain.
@Suite struct LayerSummationOrderTests {
    /// Ones that survive M at `i` and −M at `j` by rule 2.
    static func survivors(_ count: Int, _ i: Int, _ j: Int, chunk: Int = 256) -> Float {
        Float(
            i / chunk == j / chunk
                ? i / chunk * chunk + (min(count, (j / chunk + 1) * chunk) - 1 - j)
                    + max(0, count - (j / chunk + 1) * chunk)
                : max(0, count - (j / chunk + 1) * chunk))
    }

    static func ones(_ shape: [Int]) -> Tensor {
        Tensor([Float](repeating: 1, count: shape.reduce(1, *)), shape: shape)
    }

    /// Checks `found(probe)` for every pair of places around the borders of chunks.
    static func check(
        _ count: Int, chunk: Int = 256, _ engine: Engine, unit: Float = 1, _ found: ([Float]) -> Float
    ) {
        for (i, j) in SummationOrderTests.pairs(count, around: chunk) {
            let expected = survivors(count, i, j, chunk: chunk) * unit
            #expect(found(SummationOrderTests.probe(count, i, j)) == expected, "places \(i), \(j), \(engine.isa)")
        }
    }

    /// y: (input channel, kernel row, kernel column). The output in the middle of a row is computed in place, that of a
    /// narrow picture from a packed copy.
    @Test(arguments: [3, 34]) func convolution(width: Int) {
        let count = 80 * 9
        let x = LayerSummationOrderTests.ones([1, 80, 3, width])
        for engine in engines() {
            LayerSummationOrderTests.check(count, engine) { probe in
                let w = Tensor(probe, shape: [1, 80, 3, 3])
                let y = engine.convolution(x, weight: w, bias: nil, ConvolutionGeometry()).floats
                return y[y.count / 2]
            }
        }
    }

    /// dx: (output channel, kernel row, kernel column).
    @Test func inputGradient() {
        let dy = LayerSummationOrderTests.ones([1, 80, 5, 5])
        for engine in engines() {
            LayerSummationOrderTests.check(80 * 9, engine) { probe in
                let w = Tensor(probe, shape: [80, 1, 3, 3])
                return engine.convolutionInputGradient(
                    dy, weight: w, inputShape: [1, 1, 5, 5], ConvolutionGeometry(padding: 1)
                ).floats[12]
            }
        }
    }

    /// dx with stride 2: a pixel in an even row and column meets four of the nine taps.
    @Test func stridedInputGradient() {
        let dy = LayerSummationOrderTests.ones([1, 150, 3, 3])
        let taps = [0, 2, 6, 8]
        for engine in engines() {
            LayerSummationOrderTests.check(150 * 4, engine) { probe in
                var weights = [Float](repeating: 7, count: 150 * 9)
                for (index, value) in probe.enumerated() { weights[index / 4 * 9 + taps[index % 4]] = value }
                return engine.convolutionInputGradient(
                    dy, weight: Tensor(weights, shape: [150, 1, 3, 3]), inputShape: [1, 1, 7, 7],
                    ConvolutionGeometry(stride: 2)
                ).floats[2 * 7 + 2]
            }
        }
    }

    /// dW: positions, image after image.
    @Test func weightGradient() {
        let (images, area) = (3, 100)
        let x = LayerSummationOrderTests.ones([images, 1, 10, 10])
        for engine in engines() {
            LayerSummationOrderTests.check(images * area, chunk: area, engine) { probe in
                let sum = Tensor(zeros: [1, 1, 1, 1])
                engine.accumulateConvolutionWeightGradient(
                    Tensor(probe, shape: [images, 1, 10, 10]), x, into: sum, ConvolutionGeometry())
                return sum.floats[0]
            }
        }
    }

    /// o and dq over keys, dk and dv over queries. All scores are zero, so every probability is a power of two.
    @Test func attention() {
        let count = 1024
        let zeros = Tensor(zeros: [1, count, 4])
        /// The probe in the first of four columns.
        func column(_ values: [Float]) -> Tensor {
            Tensor(values.flatMap { [$0, 0, 0, 0] }, shape: [1, values.count, 4])
        }
        let signs = (0..<count).map { $0 % 2 == 0 ? Float(1) : -1 }
        for engine in engines() {
            let query = Tensor(zeros: [1, 1, 4])
            LayerSummationOrderTests.check(count, engine, unit: 0x1p-10) { probe in
                engine.attention(query, zeros, column(probe), heads: 1).o.floats[0]
            }
            // dP = ±1 and D = 0, so dS is ± a constant, whose sign the keys carry too.
            let (o, statistics) = engine.attention(query, zeros, column(signs), heads: 1)
            LayerSummationOrderTests.check(count, engine, unit: 0x1p-11) { probe in
                engine.attentionBackward(
                    column([1]), query, column(zip(probe, signs).map { $0 * $1 }), column(signs), o: o,
                    statistics: statistics, heads: 1
                ).dq.floats[0]
            }
            let (two, values) = (Tensor(zeros: [1, 2, 4]), column([1, -1]))
            let (mean, notes) = engine.attention(zeros, two, values, heads: 1)
            LayerSummationOrderTests.check(count, engine, unit: 0x1p-2) { probe in
                engine.attentionBackward(
                    column([Float](repeating: 1, count: count)), column(probe), two, values, o: mean,
                    statistics: notes, heads: 1
                ).dk.floats[0]
            }
            LayerSummationOrderTests.check(count, engine, unit: 0x1p-1) { probe in
                engine.attentionBackward(
                    column(probe), zeros, two, values, o: mean, statistics: notes, heads: 1
                ).dv.floats[0]
            }
        }
    }

    /// Sums of exponentials are positive: one is 1, the others so small that 1 swallows each alone but not some together.
    /// The place of the 1 then shows in the sum.
    static let small = -17.4 as Float

    static func scores(_ count: Int, _ place: Int) -> [Float] { (0..<count).map { $0 == place ? 0 : small } }

    static func chain(_ values: [Float]) -> Float { values.reduce(0, +) }

    @Test func softmaxSum() {
        let count = 300
        for engine in engines() {
            var differ = 0
            for place in 0..<count {
                let scores = LayerSummationOrderTests.scores(count, place)
                let powers = scores.map(Reference.exp)
                let sum = Reference.sum(count) { powers[$0] }
                differ += sum == LayerSummationOrderTests.chain(powers) ? 0 : 1
                let found = engine.softmax(Tensor(scores, shape: [1, count])).floats[place]
                #expect(found == 1 / sum, "place \(place), \(engine.isa)")
            }
            #expect(differ > count / 2, "the probe does not tell the order from an ascending one")
        }
    }

    @Test func attentionSum() {
        let count = 600
        for engine in engines() {
            var differ = 0
            for place in 0..<count {
                let scores = LayerSummationOrderTests.scores(count, place)
                let (_, sum, _) = AttentionTests.query(
                    AttentionTests.Shape(samples: 1, heads: 1, queries: 1, keys: count, width: 1), 0,
                    score: { scores[$0] }, value: { _, _ in 0 })
                differ += sum == LayerSummationOrderTests.chain(scores.map(Reference.exp)) ? 0 : 1
                let keys = Tensor(scores, shape: [1, count, 1])
                let found = engine.attention(Tensor([1], shape: [1, 1, 1]), keys, keys, heads: 1).statistics.floats
                #expect(found == [0, sum], "place \(place), \(engine.isa)")
            }
            #expect(differ > count / 2, "the probe does not tell the order from an ascending one")
        }
    }
}
