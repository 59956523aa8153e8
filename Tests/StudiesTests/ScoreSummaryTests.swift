import Compute
import Testing

@testable import Studies

@Suite struct ScoreSummaryTests {
    @Test(
        arguments: [
            ([3], 3), ([3, 1], 2), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([-1, -1, 7, 0, 2], 0),
        ] as [([Double], Double)])
    func theMedianIsTheMiddle(_ scores: [Double], _ median: Double) {
        let summary = ScoreSummary(scores)
        #expect(summary.median == median && summary.count == scores.count)
        #expect(summary.mean == scores.reduce(0, +) / Double(scores.count) && summary.groups == nil)
    }

    /// Ten groups of 80, as HPSv2's benchmark has them: numpy's `mean` and `std` of the groups' means.
    @Test func groupsAreThoseOfTheBenchmark() throws {
        // Group g holds g and 2 g, forty of each: means 1.5 g, whose mean is 6.75 and deviation 1.5 √8.25.
        let scores = (0..<800).map { Double(($0 / 80) * ($0 % 2 + 1)) }
        let groups = try #require(ScoreSummary(scores).groups)
        #expect(abs(groups.mean - 6.75) < 1e-12 && abs(groups.deviation - 4.308421984903522) < 1e-9)
        #expect(
            ScoreSummary(Array(scores.dropLast())).groups == nil && ScoreSummary(Array(scores.prefix(80))).groups == nil
        )
        #expect(ScoreSummary(Array(scores.prefix(160))).groups?.mean == 0.75)
    }

    /// Against every resample in full: drawn, sorted, its middle taken. Scores that come twice are no trouble.
    @Test(arguments: [1, 2, 5, 24, 61]) func intervalsAreThoseOfSortedResamples(_ count: Int) {
        let scores = RandomStream(seed: 5, .order, step: 0).integers(below: 40, count: count).map { Double($0) / 8 - 2 }
        let summary = ScoreSummary(scores)
        var (medians, means): ([Double], [Double]) = ([], [])
        for resample in 0..<2000 {
            let drawn = RandomStream(seed: 1, .order, step: resample).integers(below: count, count: count)
                .map { scores[$0] }
            let sorted = drawn.sorted()
            medians.append((sorted[(count - 1) / 2] + sorted[count / 2]) / 2)
            means.append(drawn.reduce(0, +) / Double(count))
        }
        (medians, means) = (medians.sorted(), means.sorted())
        #expect(summary.medianInterval == medians[50]...medians[1949])
        #expect(summary.meanInterval == means[50]...means[1949])
        #expect(count == 1 || summary.medianInterval.lowerBound < summary.medianInterval.upperBound)
        // The mean of differences to nothing is the mean, by the same resamples.
        let paired = PairedComparison(scores, against: scores.map { _ in 0 })
        #expect(paired.differenceInterval == summary.meanInterval)
    }

    /// What one interval covers: of 200 samples of 40 uniform numbers about 19 in 20 have one with the true median in it.
    @Test func intervalsCoverTheMedian() {
        let hits = (0..<200).count { sample in
            let scores = RandomStream(seed: 9, .order, step: sample).uniforms(count: 40).map(Double.init)
            return ScoreSummary(scores).medianInterval.contains(0.5)
        }
        // The percentile bootstrap of a median covers a little less than it says: 176 is 5 standard deviations below 190.
        #expect((176...200).contains(hits), "\(hits)")
    }
}
