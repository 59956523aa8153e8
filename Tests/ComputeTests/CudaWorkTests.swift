import Testing

@testable import Compute

/// What operations on `cuda` take beside their operands is what a plan is told.
@Suite struct CudaWorkTests {
    /// Sums, norms and updates of shapes that are cut into pieces, and of such as are not.
    private static func operations(_ engine: Engine) -> [Compute.Operation] {
        func tensor(_ shape: Int...) -> Tensor {
            let result = engine.tensor(shape)
            engine.device.run(.fill(result, 0.5))
            return result
        }
        let adafactor = AdafactorConstants(
            decay: 0.5, oneMinusDecay: 0.5, eps: 1e-30, clipThreshold: 1, rate: 3e-3, weightDecay: 0)
        let images = [tensor(2, 4, 8, 8), tensor(1, 4, 90, 100)]
        return [
            .sum(tensor(4096), to: tensor(1)), .sum(tensor(70_000), to: tensor(1)),
            .sumOfSquares(tensor(70_000), to: tensor(1)),
            .meanSquaredDistances(tensor(2, 5000), tensor(2, 5000), to: tensor(2)),
            .planeSums(tensor(2, 3, 5000), to: tensor(2, 3)), .columnSums(tensor(1, 256, 70), into: tensor(70)),
            .columnSums(tensor(2, 257, 70), into: tensor(70)),
            .adafactor(
                adafactor, parameter: tensor(70, 3, 3), rows: tensor(70, 3), columns: tensor(70, 3),
                gradient: tensor(70, 3, 3)),
            .adafactor(
                adafactor, parameter: tensor(2, 5000), rows: tensor(2), columns: tensor(5000),
                gradient: tensor(2, 5000)),
            .adafactor(
                adafactor, parameter: tensor(5000, 2), rows: tensor(5000), columns: tensor(2),
                gradient: tensor(5000, 2)),
            .adafactorWhole(
                adafactor, parameter: tensor(70_000), squares: tensor(70_000), gradient: tensor(70_000)),
        ]
            + images.flatMap { x -> [Compute.Operation] in
                let (w, statistics) = (tensor(4), tensor(x.shape[0], 1, 2))
                let norm = Normalization(x: x, weight: w, bias: w, groups: 1, eps: 1e-5, silu: false)
                let gradients = NormalizationGradients(
                    dy: x, statistics: statistics, dweight: tensor(4), dbias: tensor(4), dx: x.zeros())
                return [
                    .channelSums(x, into: w), .groupNorm(norm, to: x.zeros(), statistics: statistics),
                    .groupNormBackward(norm, gradients),
                ]
            }
            + [[2, 300, 20]].map { shape in
                let (x, w) = (engine.zeros(shape), tensor(20))
                let norm = Normalization(x: x, weight: w, bias: w, groups: 1, eps: 1e-5, silu: false)
                let gradients = NormalizationGradients(
                    dy: x, statistics: engine.zeros([600, 2]), dweight: w, dbias: w.zeros(), dx: x.zeros())
                return .layerNormBackward(norm, gradients)
            }
    }

    @Test func isCounted() {
        let device = TestedDevice.emulatedCuda()
        for operation in CudaWorkTests.operations(Engine(device: device)) {
            device.memory.beginPeak()
            let before = device.memory.counts.live
            device.run(operation)
            device.wait()
            let taken = device.memory.counts.peak - before
            let told = device.workBytes(of: operation)
            // Each kind of work takes a few bytes where it takes none.
            #expect(told <= taken && taken <= told + 16, "\(operation)")
            #expect(device.memory.counts.live == before)
        }
    }
}
