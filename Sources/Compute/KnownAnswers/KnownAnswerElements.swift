/// Normalisation, sums, elementwise operations, moves.
extension KnownAnswer {
    static let normalizations: [KnownAnswer] = [
        KnownAnswer("group normalisation", "06d07fcef3d49a36") { e in
            let (x, dy) = (Samples.spread([2, 12, 21, 19], 215), Samples.spread([2, 12, 21, 19], 216))
            let (w, b) = (Samples.spread([12], 217), Samples.spread([12], 218))
            let (y, statistics) = e.groupNorm(x, groups: 3, weight: w, bias: b, eps: 1e-5)
            let (dw, db) = (w.copy(), b.copy())
            let dx = e.groupNormBackward(
                dy, x: x, groups: 3, weight: w, bias: b, statistics: statistics, dweight: dw, dbias: db)
            return [y, statistics, dx, dw, db]
        },
        KnownAnswer("layer normalisation", "3708c295e4cd2ffa") { e in
            let (x, dy) = (Samples.spread([3, 270, 45], 219), Samples.spread([3, 270, 45], 220))
            let (w, b) = (Samples.spread([45], 221), Samples.spread([45], 222))
            let (y, statistics) = e.layerNorm(x, weight: w, bias: b, eps: 1e-5)
            let (dw, db) = (w.copy(), b.copy())
            let dx = e.layerNormBackward(dy, x: x, weight: w, statistics: statistics, dweight: dw, dbias: db)
            return [y, statistics, dx, dw, db]
        },
        KnownAnswer("reductions", "c7cf82c0a7715d7c") { e in
            let (x, y) = (Samples.spread([3, 7001], 223), Samples.spread([3, 7001], 224))
            let sums = [e.sum(x), e.sumOfSquares(y)] + e.meanSquaredDistances(x, y)
            return [
                Tensor(sums, shape: [5]), e.planeSums(x.reshaped([3, 7001, 1])), e.softmax(e.scale(x, by: 0x1p-8)),
            ]
        },
    ]

    static let elementwise: [KnownAnswer] = [
        KnownAnswer("activations", "dfbf2e95c7442777") { e in
            let (x, dy) = (Samples.spread([40_003], 229), Samples.spread([40_003], 230))
            return [Activation.silu, .gelu, .quickGELU].flatMap { [e.apply($0, x), e.applyBackward($0, dy, x: x)] }
        },
        KnownAnswer("elementary functions", "bc4ceaf57ec93e62") { e in
            let (x, wide) = (Samples.tensor([20_003], 244), Samples.spread([20_003], 245))
            let positive = e.multiply(wide, wide)
            return [(.exp, x), (.tanh, x), (.erf, x), (.sigmoid, x), (.sin, wide), (.cos, wide)].map(e.apply)
                + [(.log, positive), (.squareRoot, positive)].map(e.apply)
        },
        KnownAnswer("geglu", "4a19cb876210cb7b") { e in
            let (x, dy) = (Samples.tensor([90, 2 * 301], 231), Samples.tensor([90, 301], 232))
            return [e.geglu(x), e.gegluBackward(dy, x: x)]
        },
        KnownAnswer("arithmetic", "a27540f24d95144b") { e in
            let (a, b) = (Samples.spread([3, 5, 2503], 233), Samples.spread([3, 5, 2503], 234))
            return [
                e.add(a, b), e.subtract(a, b), e.multiply(a, b), e.scale(a, by: 0.3), e.blend(a, 0.3, b, 0.7),
                e.addPerChannel(a, Samples.spread([3, 5], 235)), e.addRows(a, Samples.spread([5, 2503], 236)),
            ]
        },
        KnownAnswer("updates", "4cef91e1ec8fdad3") { e in
            let (p, m, g) = (
                Samples.spread([40_003], 237), Samples.spread([40_003], 238), Samples.spread([40_003], 239)
            )
            let v = e.multiply(Samples.spread([40_003], 240), Samples.spread([40_003], 240))
            let average = p.copy()
            let constants = AdamWConstants(
                decay: 0.9999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316,
                eps: 1e-8, step: 0.001)
            e.adamWInPlace(parameter: p, firstMoment: m, secondMoment: v, gradient: g, constants)
            e.movingAverageInPlace(average, parameter: p, decay: 0.999)
            return [p, m, v, average]
        },
        KnownAnswer("adafactor", "062b8e20f5f80bc4") { e in
            let constants = AdafactorConstants(
                decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: 1, rate: 0.003, weightDecay: 3e-5)
            return [[40_003], [3, 300, 290], [40, 30, 3, 3]].flatMap { shape -> [Tensor] in
                let (p, g) = (Samples.spread(shape, 244), Samples.spread(shape, 245))
                func means(_ shape: [Int]) -> Tensor {
                    e.multiply(Samples.spread(shape, 246), Samples.spread(shape, 246))
                }
                guard shape.count > 1 else {
                    let squares = means(shape)
                    e.adafactorInPlace(parameter: p, squares: squares, gradient: g, constants)
                    return [p, squares]
                }
                let (rows, columns) = (means(shape.dropLast()), means(shape.dropLast(2) + shape.suffix(1)))
                e.adafactorInPlace(parameter: p, rowMeans: rows, columnMeans: columns, gradient: g, constants)
                return [p, rows, columns]
            }
        },
        KnownAnswer("gradient descent", "d1fb344299a65e26") { e in
            let (p, s, g) = (
                Samples.spread([40_003], 247), Samples.spread([40_003], 248), Samples.spread([40_003], 249)
            )
            for sum in [s, nil] {
                e.gradientDescentInPlace(
                    parameter: p, sum: sum, gradient: g, momentum: 0.9, weightDecay: 0.01, rate: 0.003)
            }
            return [p, s]
        },
    ]

    static let draws: [KnownAnswer] = [
        KnownAnswer("random streams", "32f64af8be3c0651") { e in
            let stream = RandomStream(seed: 0x0123_4567_89ab_cdef, .flip, step: 42)
            // Across the carry into the counter's second word.
            let start = 1 << 34 - 20_003
            return RandomDistribution.allCases.map { e.drawn($0, stream, start: start, shape: [40_007]) }
        }
    ]

    static let moves: [KnownAnswer] = [
        KnownAnswer("layout", "fa2c8afd34cbbbeb") { e in
            let x = Samples.spread([3, 7, 33, 41], 241)
            let up = e.upsampledNearest(x, height: 65, width: 82)
            return [
                e.transposed(x.reshaped([3, 7, 33 * 41])), up, e.upsampledNearestBackward(up, inputShape: x.shape),
                e.concatenated(x, e.channels(2..<5, of: x)),
            ]
        },
        KnownAnswer("embedding", "a1c399904c86f23f") { e in
            let ids = (0..<400).map { $0 * $0 % 37 }
            let (table, sum) = (Samples.spread([37, 50], 242), Samples.spread([37, 50], 243))
            let y = e.embedding(ids, table: table, shape: [4, 100])
            e.accumulateEmbeddingGradient(y, ids: ids, into: sum)
            return [y, sum]
        },
    ]
}
