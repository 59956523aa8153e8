/// What is no product.
extension DeviceTrial {
    static let others: [DeviceTrial] =
        [false, true].map { silu in
            DeviceTrial("group normalisation of large groups\(silu ? ", SiLU" : "")") { e in
                // A group is more than a block's shared memory holds.
                let (x, dy) = (Samples.spread([1, 6, 65, 130], 321), Samples.spread([1, 6, 65, 130], 322))
                let (w, b) = (Samples.spread([6], 323), Samples.spread([6], 324))
                let (y, statistics) = e.groupNorm(x, groups: 2, weight: w, bias: b, eps: 1e-5, silu: silu)
                let (dw, db) = (w.copy(), b.copy())
                let dx = e.groupNormBackward(
                    dy, x: x, groups: 2, weight: w, bias: b, statistics: statistics, dweight: dw, dbias: db, silu: silu)
                return [y, statistics, dx, dw, db]
            }
        } + [
            DeviceTrial("adafactor, long rows and columns") { e in
                let constants = AdafactorConstants(
                    decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: 1, rate: 0.003, weightDecay: 3e-5)
                return [[2, 3, 4099], [2, 4099, 3]].flatMap { shape -> [Tensor] in
                    func means(_ shape: [Int]) -> Tensor {
                        Tensor(Samples.spread(shape, 325).floats.map(\.magnitude), shape: shape)
                    }
                    let (p, g) = (Samples.spread(shape, 326), Samples.spread(shape, 327))
                    let (rows, columns) = (means([2, shape[1]]), means([2, shape[2]]))
                    e.adafactorInPlace(parameter: p, rowMeans: rows, columnMeans: columns, gradient: g, constants)
                    return [p, rows, columns]
                }
            },
            DeviceTrial("formulas of samples") { e in
                let (x, y) = (Samples.spread([3, 4, 7, 5], 328), Samples.spread([3, 4, 7, 5], 329))
                let (a, b, c): ([Float], [Float], [Float]) = ([0.3, 0.9, 1], [0.95, 0.2, -0.4], [0.7, 3, 0.01])
                let moves = (0..<3).map {
                    SampleFormula.Move(fromRoot: c[$0], fromRest: b[$0], toRoot: a[$0], toRest: c[2 - $0])
                }
                let formulas: [SampleFormula] = [
                    .blend(alpha: a, beta: b), .quotient(alpha: a, beta: b, divisor: c), .difference(factor: b),
                    .move(moves),
                ]
                return formulas.map { e.perSample($0, x, y) }
            },
            DeviceTrial("places of numbers that are none") { e in
                var values = Samples.spread([30_011], 330).floats
                (values[17_003], values[29_000]) = (.infinity, -.infinity)
                return [values, Samples.spread([30_011], 330).floats, Array(values[17_000..<17_005])].map { values in
                    let place = e.tensor([1], .i64)
                    e.device.run(.firstNonFinite(Tensor(values, shape: [values.count]), to: place))
                    return place
                }
            },
            DeviceTrial("cosines") { e in
                let (a, b) = (Samples.spread([3, 131], 331), Samples.spread([4, 131], 332))
                let pairs = [CosinePair(0, 3), CosinePair(2, 1), CosinePair(2, 0), CosinePair(0, 0)]
                let found = e.tensor([pairs.count, 3], .f64)
                e.device.run(.cosines(a, b, pairs, to: found))
                let pulls = zip(pairs, e.cosines(a, b, pairs)).enumerated().map {
                    CosinePull($1.0, $1.1, slope: Float($0) - 1.3)
                }
                return [found, e.cosineGradient(of: a, and: b, pulls)]
            },
            DeviceTrial("patches") { e in
                let patches = e.patches(of: Samples.spread([2, 3, 15, 10], 333), edge: 5)
                return [patches, e.assembled(patches, edge: 5, shape: [2, 3, 15, 10])]
            },
        ]
}
