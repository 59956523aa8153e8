/// What is said of many scores together.
package struct ScoreSummary: Sendable, Equatable {
    /// How many.
    package let count: Int
    /// The middle one; of an even number the mean of the middle two.
    package let median: Double
    /// Their mean.
    package let mean: Double
    /// 95 % percentile bootstrap of the median and of the mean (Efron 1979), over the resamples that a `PairedComparison` of as
    /// many prompts draws.
    package let medianInterval: ClosedRange<Double>, meanInterval: ClosedRange<Double>
    /// Of consecutive groups of `groupSize` the mean of their means and, over them, its standard deviation (that of a
    /// population), as HPSv2's benchmark prints; nil where the scores are not a whole number of at least two groups.
    package let groups: (mean: Double, deviation: Double)?

    /// The scores of a group in HPSv2's benchmark, ten of which are a style.
    package static let groupSize = 80

    /// Of at least one score.
    package init(_ scores: [Double]) {
        precondition(!scores.isEmpty)
        func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let sorted = scores.sorted()
        count = scores.count
        median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
        self.mean = mean(scores)
        (medianInterval, meanInterval) = Self.intervals(scores, sorted)
        guard count % Self.groupSize == 0, count >= 2 * Self.groupSize else {
            groups = nil
            return
        }
        let means = stride(from: 0, to: count, by: Self.groupSize).map { mean(scores[$0..<$0 + Self.groupSize]) }
        let middle = mean(means)
        groups = (middle, mean(means.map { ($0 - middle) * ($0 - middle) }).squareRoot())
    }

    private static func intervals(
        _ scores: [Double], _ sorted: [Double]
    ) -> (median: ClosedRange<Double>, mean: ClosedRange<Double>) {
        let count = scores.count
        // Counted by rank, a resample need not be sorted.
        var ranks = [Int](repeating: 0, count: count)
        for (rank, place) in scores.indices.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }).enumerated() {
            ranks[place] = rank
        }
        var (medians, means): ([Double], [Double]) = ([], [])
        var counts = [Int](repeating: 0, count: count)
        for resample in 0..<Bootstrap.resamples {
            for rank in counts.indices { counts[rank] = 0 }
            var sum = 0.0
            for place in Bootstrap.places(of: count, resample: resample) {
                counts[ranks[place]] += 1
                sum += scores[place]
            }
            means.append(sum / Double(count))
            var (seen, lower, upper) = (0, Double?.none, Double?.none)
            for rank in counts.indices where counts[rank] > 0 {
                seen += counts[rank]
                if lower == nil, seen > (count - 1) / 2 { lower = sorted[rank] }
                if seen > count / 2 {
                    upper = sorted[rank]
                    break
                }
            }
            medians.append(((lower ?? 0) + (upper ?? 0)) / 2)
        }
        return (Bootstrap.interval(medians), Bootstrap.interval(means))
    }

    package static func == (a: ScoreSummary, b: ScoreSummary) -> Bool {
        a.count == b.count && a.median == b.median && a.mean == b.mean && a.medianInterval == b.medianInterval
            && a.meanInterval == b.meanInterval && a.groups?.mean == b.groups?.mean
            && a.groups?.deviation == b.groups?.deviation
    }
}
