import Foundation
import Testing

@testable import Training

/// The curves of transformers' `get_constant_schedule`, `…_with_warmup` and `get_cosine_schedule_with_warmup`.
@Suite struct LearningRateTests {
    @Test func constant() {
        let rate = LearningRate(schedule: .constant, base: 3e-5, total: 10)
        #expect((0..<10).map(rate.rate) == [Double](repeating: 3e-5, count: 10))
    }

    @Test func warmupStartsAtZero() {
        let rate = LearningRate(schedule: .constantWithWarmup, base: 8, warmup: 4, total: 10)
        #expect((0..<7).map(rate.rate) == [0, 2, 4, 6, 8, 8, 8])
        #expect(LearningRate(schedule: .constantWithWarmup, base: 8, warmup: 0, total: 10).rate(0) == 8)
    }

    @Test(arguments: [(0, 10), (3, 10), (10, 10), (100, 3200)])
    func cosine(warmup: Int, total: Int) {
        let rate = LearningRate(schedule: .cosine, base: 2e-3, warmup: warmup, total: total)
        for k in 0..<total {
            let expected =
                k < warmup
                ? 2e-3 * Double(k) / Double(warmup)
                : 2e-3 * 0.5 * (1 + cos(Double.pi * Double(k - warmup) / Double(max(1, total - warmup))))
            #expect(abs(rate.rate(k) - expected) <= 1e-17, "step \(k)")
        }
    }
}
