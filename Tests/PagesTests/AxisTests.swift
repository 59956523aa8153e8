import Testing

@testable import Pages

/// What drawings are laid out by.
@Suite struct AxisTests {
    @Test func bucketsKeepTheEndsAndTheExtremes() {
        #expect(StepBuckets.spread(10, most: 4) == [0, 3, 6, 9] && StepBuckets.spread(3, most: 9) == [0, 1, 2])
        #expect(StepBuckets.ranges(10, most: 3) == [0..<3, 3..<6, 6..<10])
        var values = [Double](repeating: 0, count: 1000)
        (values[501], values[777]) = (9, -9)
        let kept = StepBuckets.extremes(values, most: 50)
        #expect(kept.count <= 50 && kept.contains(501) && kept.contains(777) && kept == kept.sorted())
    }

    @Test(arguments: [(0.0, 1.0), (0.6931, 0.6932), (-3, 1e9), (5, 5), (0, 0), (1e-12, 2e-12)])
    func axesHaveRoundTicksInside(low: Double, high: Double) {
        let axis = Axis(low, high)
        #expect(axis.ticks.count >= 2 && axis.ticks.count <= 12, "\(axis.ticks)")
        #expect(axis.low <= low && axis.high >= high && axis.high > axis.low)
        #expect(Set(axis.ticks.map(axis.text)).count == axis.ticks.count, "\(axis.ticks.map(axis.text))")
    }

    @Test func histogramsCountEveryValue() throws {
        let values = (0..<100).map(Double.init) + [.nan]
        let histogram = try #require(Histogram("Gap", key: "gap", meaning: "", values, parts: 10))
        #expect(histogram.counts == Array(repeating: 10, count: 10) && histogram.total == 100 && histogram.mean == 49.5)
        let one = try #require(Histogram("W", key: "w", meaning: "", [1, 1]))
        #expect(one.counts == [2] && Histogram("W", key: "w", meaning: "", []) == nil)
    }
}
