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
}
