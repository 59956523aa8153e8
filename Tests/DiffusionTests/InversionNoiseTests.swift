import Compute
import Diffusion
import Testing

/// DDIM-InPO's fresh noise after a move: x + η·σ·n, σ² = (1−ā_s)/(1−ā_d)·(1 − ā_d/ā_s).
@Suite struct InversionNoiseTests {
    private static let schedule = NoiseSchedule(
        betas: (0..<1000).map { 0.0001 + 0.00002 * Float($0) }, prediction: .epsilon)

    @Test(arguments: [(-199, 1), (0, 100), (1, 201), (500, 501), (801, 999)])
    func theNoiseHasTheMovesSize(source: Int, destination: Int) {
        let stream = RandomStream(seed: 1, .sampler, step: 1)
        let (x, noise) = (stream.normals(shape: [1, 2, 3, 3]), stream.normals(start: 18, shape: [1, 2, 3, 3]))
        let found = Self.schedule.perturbed(x, by: noise, scale: 0.1, from: [source], to: [destination], on: Engine())
        let from = Double(Self.schedule.alphaBar(source)), to = Double(Self.schedule.alphaBar(destination))
        let size = 0.1 * ((1 - from) / (1 - to) * (1 - to / from)).squareRoot()
        #expect(size > 0)
        for index in 0..<18 {
            let expected = Double(x.floats[index]) + size * Double(noise.floats[index])
            // 1 − ā and 1 − ā_d/ā_s cancel most of their digits between neighbouring levels.
            #expect(abs(Double(found.floats[index]) - expected) < 2e-5, "\(source)→\(destination)")
        }
    }

    /// The exact grid of a small t has moves that stay where they are; a sample has the size of its own move.
    @Test func aMoveThatStaysHasNoNoise() {
        let stream = RandomStream(seed: 2, .sampler, step: 1)
        let (x, noise) = (stream.normals(shape: [2, 1, 2, 2]), stream.normals(start: 8, shape: [2, 1, 2, 2]))
        let found = Self.schedule.perturbed(x, by: noise, scale: 0.1, from: [3, 3], to: [3, 4], on: Engine())
        #expect(Array(found.floats[..<4]) == Array(x.floats[..<4]))
        #expect(zip(found.floats[4...], x.floats[4...]).allSatisfy { $0 != $1 })
    }
}
