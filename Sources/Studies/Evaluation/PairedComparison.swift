import Compute

/// Model A against model B over the same captions from the same noise: how often A's picture has the higher reward, by
/// how much, and whether that could be chance.
package struct PairedComparison: Sendable, Equatable {
    /// Captions where A's reward is higher, lower, and equal.
    package let wins: Int, losses: Int, ties: Int
    /// (wins + ties/2) / captions.
    package let winRate: Double
    /// The mean of A's reward less B's.
    package let difference: Double
    /// 95 % percentile bootstrap over the captions of the win rate and of the difference (Efron 1979).
    package let winRateInterval: ClosedRange<Double>, differenceInterval: ClosedRange<Double>
    /// Two-sided exact sign test, ties left out: the chance of a split at least as uneven between equals.
    package let signTest: Double

    /// Compares rewards caption by caption; `seed` draws the bootstrap's resamples.
    package init(_ a: [Double], against b: [Double], seed: UInt64 = 1) {
        precondition(!a.isEmpty && a.count == b.count)
        let differences = zip(a, b).map { $0 - $1 }
        let points = differences.map { $0 > 0 ? 1.0 : $0 < 0 ? 0 : 0.5 }
        wins = differences.count { $0 > 0 }
        losses = differences.count { $0 < 0 }
        ties = differences.count - wins - losses
        winRate = Self.mean(points)
        difference = Self.mean(differences)
        (winRateInterval, differenceInterval) = Self.intervals(points, differences, seed: seed)
        signTest = Self.signTest(wins: wins, losses: losses)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func intervals(
        _ points: [Double], _ differences: [Double], seed: UInt64
    ) -> (ClosedRange<Double>, ClosedRange<Double>) {
        let count = points.count
        var (rates, means): ([Double], [Double]) = ([], [])
        for resample in 0..<Bootstrap.resamples {
            let places = Bootstrap.places(of: count, resample: resample, seed: seed)
            var (rate, mean) = (0.0, 0.0)
            for place in places {
                rate += points[place]
                mean += differences[place]
            }
            rates.append(rate / Double(count))
            means.append(mean / Double(count))
        }
        return (Bootstrap.interval(rates), Bootstrap.interval(means))
    }

    /// 2·P(X ≤ min(wins, losses)) for X binomial with ½, at most 1.
    static func signTest(wins: Int, losses: Int) -> Double {
        let (count, few) = (wins + losses, min(wins, losses))
        guard count > 0 else { return 1 }
        // Logarithms of the terms: 2⁻ⁿ alone would vanish for n above 1074.
        var term = -Double(count) * Elementary.log(2.0)
        var sum = 0.0
        for successes in 0...few {
            sum += Elementary.exp(max(-700, term))
            term += Elementary.log(Double(count - successes)) - Elementary.log(Double(successes + 1))
        }
        return min(1, 2 * sum)
    }
}
