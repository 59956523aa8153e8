import Pages
import Testing

@Suite struct SparklineTests {
    @Test func drawsFromLeastToLargest() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([5, 5, 5], width: 8) == "▄▄▄")
        #expect(Sparkline.text([], width: 8) == "" && Sparkline.text([.nan], width: 8) == "")
        #expect(Sparkline.text([1, .infinity, 2], width: 8) == "▁ █" && Sparkline.text([1, nil, 2]) == "▁ █")
    }

    /// A long series is drawn as means: one outlier does not go lost, nor a part of the series.
    @Test func condensesLongSeries() {
        let text = Sparkline.text((0..<1000).map(Double.init), width: 8)
        #expect(text == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([0, 0, 0, 0, 0, 0, 0, 800], width: 4) == "▁▁▁█")
    }
}
