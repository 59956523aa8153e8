import Compute
import Testing

/// Kernels of norms against the reference, on sizes beyond those of the suites that run over all devices: groups that lie in
/// shared memory and such as do not, rows that are longer than a block of a sum.
@Suite struct CudaNormsTests {
    private let devices: DevicePair

    init() { devices = DevicePair() }

    struct Groups: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let groups: Int
        let silu: Bool
        var testDescription: String { "\(shape) in \(groups)\(silu ? ", SiLU" : "")" }
    }
    private static let groups = [
        ([1, 1, 1, 1], 1), ([2, 6, 3, 5], 3), ([3, 130, 1, 1], 2), ([1, 96, 8, 8], 3), ([2, 4, 64, 64], 2),
        // The largest that is held, and the next.
        ([1, 4, 1, 6093], 1), ([1, 4, 1, 6094], 1),
        // Too large for shared memory: channels shorter than, as long as and longer than a block of a sum.
        ([2, 24, 33, 41], 1), ([1, 16, 64, 64], 2), ([2, 6, 100, 90], 2), ([1, 700, 6, 6], 1),
    ].flatMap { shape, groups in [false, true].map { Groups(shape: shape, groups: groups, silu: $0) } }

    @Test(arguments: groups) func groupNorm(_ s: Groups) {
        let channels = [s.shape[1]]
        let inputs =
            [Samples.spread(s.shape, 70), Samples.spread(s.shape, 71)] + (72..<76).map { Samples.spread(channels, $0) }
        for (shift, asks) in [(0, (true, true)), (1, (true, false)), (2, (false, true))] {
            devices.compare(inputs, shift: shift, s.testDescription) { engine, inputs in
                let (x, dy, w, b) = (inputs[0], inputs[1], inputs[2], inputs[3])
                let (y, statistics) = engine.groupNorm(
                    x, groups: s.groups, weight: w, bias: b, eps: 1e-5, silu: s.silu)
                let dx = engine.groupNormBackward(
                    dy, x: x, groups: s.groups, weight: w, bias: b, statistics: statistics,
                    dweight: asks.0 ? inputs[4] : nil, dbias: asks.1 ? inputs[5] : nil, silu: s.silu)
                engine.groupNormInPlace(x, groups: s.groups, weight: w, bias: b, eps: 1e-5, silu: s.silu)
                return [y, statistics, dx, inputs[4], inputs[5], x]
            }
        }
    }

    @Test(arguments: [
        [1, 1, 1], [2, 9, 17], [1, 300, 32], [2, 257, 320], [3, 5, 129], [1, 7, 4096], [1, 3, 8200],
    ])
    func layerNorm(shape: [Int]) {
        let inputs =
            [Samples.spread(shape, 76), Samples.spread(shape, 77)] + (78..<82).map { Samples.spread([shape[2]], $0) }
        for (shift, asks) in [(0, (true, true)), (1, (true, false)), (2, (false, true)), (3, (false, false))] {
            devices.compare(inputs, shift: shift, "\(shape)") { engine, inputs in
                let (x, dy, w, b) = (inputs[0], inputs[1], inputs[2], inputs[3])
                let (y, statistics) = engine.layerNorm(x, weight: w, bias: b, eps: 1e-5)
                let dx = engine.layerNormBackward(
                    dy, x: x, weight: w, statistics: statistics, dweight: asks.0 ? inputs[4] : nil,
                    dbias: asks.1 ? inputs[5] : nil)
                return [y, statistics, dx, inputs[4], inputs[5]]
            }
        }
    }
}
