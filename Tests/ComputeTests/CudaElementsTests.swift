import Compute
import Testing

/// The kernels of single elements against the reference, where shapes are ragged and operands lie anywhere.
@Suite struct CudaElementsTests {
    /// Numbers of all kinds: spread ones, zeros, subnormal ones, infinities, a NaN, and the limits of the activations.
    private static func samples(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var values = Samples.spread(shape, seed).floats
        let special: [Float] = [
            0, -0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-130, -0x1p-130, .infinity, -.infinity, .nan,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 89, -89, 87.25, -87.25, -87, 51.2, -52.25, -51, 13.2,
            -13.2, 88.72284, -86.989975, 1, -1, 0.5, -0.75,
        ]
        for (place, value) in special.enumerated() where 3 * place + Int(seed % 3) < values.count {
            values[3 * place + Int(seed % 3)] = value
        }
        return Tensor(values, shape: shape)
    }

    /// One element, fewer than a quad, a quad's ragged neighbours, more than a block's threads take at once.
    private static let counts = [1, 3, 4, 5, 255, 4096, 40_001]

    @Test(arguments: [0, 1, 2]) func functionsOfElements(shift: Int) {
        let pair = DevicePair()
        for count in Self.counts {
            let (a, b) = (Self.samples([count], 1), Self.samples([count], 2))
            for activation in [Activation.silu, .gelu, .quickGELU] {
                pair.compare([a, b], shift: shift, "\(activation), \(count)") { e, x in
                    [e.apply(activation, x[0]), e.applyBackward(activation, x[1], x: x[0])]
                }
            }
            pair.compare([a, b], shift: shift, "arithmetic, \(count)") { e, x in
                [
                    e.add(x[0], x[1]), e.subtract(x[0], x[1]), e.multiply(x[0], x[1]), e.scale(x[0], by: 0.3),
                    e.blend(x[0], 0.3, x[1], -0.7),
                ]
            }
            pair.compare([a, b], shift: shift, "in place, \(count)") { e, x in
                e.addInPlace(x[1], to: x[0])
                e.scaleInPlace(x[1], by: -3)
                return x
            }
            pair.compare([a], shift: shift, "fill, \(count)") { e, x in
                e.device.run(.fill(x[0], -0.25))
                return x + [e.zeros([count])]
            }
        }
    }

    @Test(arguments: [0, 1, 4]) func rowsAndChannels(shift: Int) {
        let pair = DevicePair()
        for (n, c, width) in [(1, 1, 1), (2, 3, 5), (2, 5, 64), (3, 2, 1023), (1, 700, 4)] {
            let (x, e, rows) = (
                Self.samples([n, c, width], 3), Self.samples([n, c], 4), Self.samples([c, width], 5)
            )
            pair.compare([x, e, rows], shift: shift, "\(n), \(c), \(width)") { engine, x in
                [engine.addPerChannel(x[0], x[1]), engine.addRows(x[0], x[2])]
            }
        }
    }

    @Test(arguments: [0, 3]) func gegluBothWays(shift: Int) {
        let pair = DevicePair()
        for (rows, width) in [(1, 1), (7, 3), (5, 64), (33, 257), (2, 1280)] {
            let (x, dy) = (Self.samples([rows, 2 * width], 6), Self.samples([rows, width], 7))
            pair.compare([x, dy], shift: shift, "geglu \(rows), \(width)") { e, x in
                let results = [e.geglu(x[0]), e.gegluBackward(x[1], x: x[0])]
                // In place, as the contract of the operation allows.
                e.device.run(.gegluBackward(dy: x[1], x: x[0], to: x[0]))
                return results + [x[0]]
            }
        }
    }

    @Test(arguments: [0, 1]) func formulasOfSamples(shift: Int) {
        let pair = DevicePair()
        let (a, b, c, d): ([Float], [Float], [Float], [Float]) = (
            [0.3, 0.9, 1, 0.1], [0.95, 0.2, 0, -0.4], [0.7, 3, 0.01, 1], [1, 0.25, -0, 5]
        )
        let formulas: [SampleFormula] = [
            .blend(alpha: a, beta: b), .quotient(alpha: a, beta: b, divisor: c), .difference(factor: d),
            .move((0..<4).map { SampleFormula.Move(fromRoot: c[$0], fromRest: b[$0], toRoot: a[$0], toRest: d[$0]) }),
        ]
        for formula in formulas {
            for size in [1, 6, 64, 3001] {
                pair.compare([Self.samples([4, size], 8), Self.samples([4, size], 9)], shift: shift, "\(size)") {
                    e, x in
                    [e.perSample(formula, x[0], x[1])]
                }
            }
        }
    }
}
