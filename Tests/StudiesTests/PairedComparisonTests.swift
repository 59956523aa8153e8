import Compute
import Testing

@testable import Studies

@Suite struct PairedComparisonTests {
    /// Exact values by integer arithmetic (Python's fractions and math.comb).
    @Test(arguments: [
        (15, 5, 0.04138946533203125), (60, 40, 0.05688793364098079), (0, 7, 0.015625), (3, 3, 1), (0, 0, 1),
        (330, 270, 0.015940437036359587), (1300, 1100, 4.8184641033801756e-05),
    ])
    func theSignTestIsExact(wins: Int, losses: Int, expected: Double) {
        let found = PairedComparison.signTest(wins: wins, losses: losses)
        // Sums of logarithms: a few thousand roundings.
        #expect(abs(found - expected) < 1e-9 * max(1, expected) + 1e-10, "\(found)")
        #expect(found == PairedComparison.signTest(wins: losses, losses: wins))
    }

    @Test func counts() {
        let found = PairedComparison([1, 2, 3, 4], against: [0, 2, 4, 3])
        #expect((found.wins, found.ties, found.losses) == (2, 1, 1))
        #expect(found.winRate == 0.625 && found.difference == 0.25 && found.signTest == 1)
    }

    /// Against the normal approximation: mean ± 1.96 σ/√n.
    @Test func theIntervalsAreTheBootstraps() {
        let noise = RandomStream(seed: 3, .noise, step: 0).normals(shape: [400]).floats.map(Double.init)
        let found = PairedComparison(noise.map { $0 + 0.1 }, against: noise.map { _ in 0 })
        let mean = noise.reduce(0, +) / 400 + 0.1
        let deviation = (noise.reduce(0) { $0 + ($1 + 0.1 - mean) * ($1 + 0.1 - mean) } / 400).squareRoot()
        let half = 1.96 * deviation / 20
        #expect(abs(found.difference - mean) < 1e-12)
        // 2,000 resamples place the ends within a tenth of the half width.
        #expect(abs(found.differenceInterval.lowerBound - (mean - half)) < 0.1 * half)
        #expect(abs(found.differenceInterval.upperBound - (mean + half)) < 0.1 * half)
        let rateHalf = 1.96 * (found.winRate * (1 - found.winRate) / 400).squareRoot()
        #expect(abs(found.winRateInterval.upperBound - (found.winRate + rateHalf)) < 0.15 * rateHalf)
        #expect(found == PairedComparison(noise.map { $0 + 0.1 }, against: noise.map { _ in 0 }))
        #expect(
            found.differenceInterval
                != PairedComparison(noise, against: noise.map { _ in -0.1 }, seed: 2)
                .differenceInterval)
    }

    @Test func equals() {
        let found = PairedComparison([1, 1], against: [1, 1])
        #expect(found.winRate == 0.5 && found.winRateInterval == 0.5...0.5 && found.signTest == 1 && found.ties == 2)
    }
}
