import Compute
import Testing

/// Kernels of updates against the reference, on sizes and places beyond those of the suites that run over all devices.
@Suite struct CudaUpdatesTests {
    private let devices: DevicePair

    init() { devices = DevicePair() }

    private func positive(_ shape: [Int], _ seed: UInt64) -> Tensor {
        Tensor(Samples.spread(shape, seed).floats.map { abs($0) }, shape: shape)
    }

    /// In fours where all operands are aligned, else one by one; the last ones always.
    @Test(arguments: [1, 3, 4, 1023, 70_001], [0, 1, 4]) func elementByElement(count: Int, shift: Int) {
        let (p, g) = (Samples.spread([count], 83), Samples.spread([count], 84))
        let adamW = AdamWConstants(
            decay: 0.9999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316, eps: 1e-8,
            step: 0.001)
        let inputs = [p, Samples.spread([count], 85), positive([count], 86), g]
        devices.compare(inputs, shift: shift, "AdamW") { engine, x in
            engine.adamWInPlace(parameter: x[0], firstMoment: x[1], secondMoment: x[2], gradient: x[3], adamW)
            return [x[0], x[1], x[2]]
        }
        devices.compare([p, g], shift: shift, "moving average") { engine, x in
            engine.movingAverageInPlace(x[0], parameter: x[1], decay: 0.9995)
            return [x[0]]
        }
        for (momentum, weightDecay): (Float, Float) in [(0, 0), (0.9, 0.01)] {
            devices.compare([p, p, g], shift: shift, "gradient descent") { engine, x in
                engine.gradientDescentInPlace(
                    parameter: x[0], sum: momentum == 0 ? nil : x[1], gradient: x[2], momentum: momentum,
                    weightDecay: weightDecay, rate: 3e-3)
                return [x[0], x[1]]
            }
        }
    }

    /// Small matrices, of which many make a block; rows and columns of one and several pieces; matrices of which a step of a
    /// block of threads passes several.
    @Test(arguments: [
        [1, 1], [700, 3, 3], [257, 1, 1], [70, 1, 64], [70, 64, 1], [9, 5, 5], [65, 4, 16], [3, 65, 1], [3, 1, 65],
        [30, 2, 33], [4, 255, 20], [2, 256, 33], [2, 257, 70], [5, 4097], [4097, 2], [3, 600, 130],
    ])
    func factoredAdafactor(shape: [Int]) {
        let columns = Array(shape.dropLast(2)) + [shape[shape.count - 1]]
        let inputs = [
            Samples.spread(shape, 87), positive(Array(shape.dropLast()), 88), positive(columns, 89),
            Samples.spread(shape, 90),
        ]
        for (weightDecay, clipThreshold): (Float, Float) in [(3e-5, 1), (0, 1e-3), (1e-4, 1e9)] {
            let constants = AdafactorConstants(
                decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: clipThreshold, rate: 3e-3,
                weightDecay: weightDecay)
            devices.compare(inputs, shift: 1, "\(shape)") { engine, x in
                engine.adafactorInPlace(
                    parameter: x[0], rowMeans: x[1], columnMeans: x[2], gradient: x[3], constants)
                return [x[0], x[1], x[2]]
            }
        }
    }

    @Test(arguments: [1, 4096, 4097, 70_001]) func wholeAdafactor(count: Int) {
        let inputs = [Samples.spread([count], 91), positive([count], 92), Samples.spread([count], 93)]
        let constants = AdafactorConstants(
            decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: 0.25, rate: 3e-3, weightDecay: 3e-5)
        devices.compare(inputs, shift: 1, "\(count)") { engine, x in
            engine.adafactorInPlace(parameter: x[0], squares: x[1], gradient: x[2], constants)
            return [x[0], x[1]]
        }
    }
}
