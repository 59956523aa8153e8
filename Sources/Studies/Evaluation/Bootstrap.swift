import Compute

/// The percentile bootstrap (Efron 1979): what a figure would have come to for other draws of as many prompts.
enum Bootstrap {
    /// Draws with replacement.
    static let resamples = 2000

    /// The places of one draw of `count`, with replacement.
    static func places(of count: Int, resample: Int, seed: UInt64 = 1) -> [Int] {
        RandomStream(seed: seed, .order, step: resample).integers(below: count, count: count)
    }

    /// The middle 95 % of a figure's values, one of each resample.
    static func interval(_ values: [Double]) -> ClosedRange<Double> {
        let sorted = values.sorted()
        let cut = sorted.count * 25 / 1000
        return sorted[cut]...sorted[sorted.count - 1 - cut]
    }
}
