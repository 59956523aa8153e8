import Audit
import Core
import Ledger
import Testing

@testable import Reports

/// What the sections of a page make of the evidence.
@Suite struct PageSectionTests {
    @Test func lossesAreHeldAgainstEachOther() {
        let plot = LossPlot(PageMaterial.drift(steps: 10, layers: 2, first: 4), firstDifference: 4)
        #expect(plot.sentences[1] == "At 3 of 10 steps the replayed loss is equal to it, bit for bit.")
        #expect(
            plot.sentences[2].hasPrefix("It is furthest away at step 10: by ") && plot.sentences[2].hasSuffix("7 ULP."))
        let html = plot.drawing(PageDetail())
        #expect(
            html.contains("curve solid") && html.contains("curve dashed") && html.contains("first difference: step 4"))
        #expect(html.contains("replayed − recorded: ±"))
        #expect(plot.table(PageDetail())?.rows[0][2] == "0x3f332ca5")
        // A record alone has one curve and no strip; a loss that is no number is counted and not drawn.
        let alone = LossPlot([
            .init(step: 1, recorded: Float(1).bitPattern, found: nil),
            .init(step: 2, recorded: Float.nan.bitPattern, found: nil),
            .init(step: 3, recorded: Float(2).bitPattern, found: nil),
        ])
        #expect(alone.sentences.contains("At 1 of them it is no finite number and not drawn."))
        #expect(alone.sentences.contains("Nothing was replayed: there is nothing to hold it against."))
        let single = alone.drawing(PageDetail())
        #expect(!single.contains("curve dashed") && !single.contains("nan") && alone.curves.count == 1)
    }

    @Test func driftNamesTheFurthestNumberAndTheKind() {
        let plot = DriftPlot(PageMaterial.drift(steps: 10, layers: 2, first: 4))
        #expect(plot.sentences[0] == "7 of 10 compared steps differ.")
        #expect(plot.sentences[1] == "The furthest number is loss 0003.errors of step 10: 7 ULP.")
        let kind = plot.sentences.last ?? ""
        #expect(kind.hasPrefix("Kind of change: step 4, phase ") && kind.contains("the first 3 steps are equal"))
        #expect(plot.bars[3].height == 1 && plot.bars[2].height == 0)
        let equal = DriftPlot(PageMaterial.drift(steps: 10, layers: 2, first: nil))
        #expect(equal.sentences == ["All 10 compared steps are equal in every bit that was compared."])
        #expect(equal.drawing(PageDetail()).isEmpty && equal.table(PageDetail()) == nil)
        // Tensors that differ while no number does are marked by themselves.
        let silent = DriftPlot([
            StepDrift(
                step: 1, phases: [.init(name: "weights", total: 2, differing: 1)], layers: [], loss: nil, furthest: nil)
        ])
        #expect(
            silent.drawing(PageDetail()).contains("class=\"silent\"")
                && silent.sentences[1].contains("only digests of tensors differ"))
    }

    @Test func heatMapsShowSharesOfLayersAndPhases() throws {
        let drift = PageMaterial.drift(steps: 6, layers: 4, first: 3)
        let layers = try #require(StepHeatMap(.layers, of: drift))
        #expect(layers.rows.count == 4 && layers.steps == Array(1...6))
        let moved = layers.rows.filter(\.differs)
        #expect(layers.sentences[0].hasPrefix("\(moved.count) of 4 layers differ somewhere"))
        let table = try #require(layers.table(PageDetail()))
        #expect(table.rows.count == moved.count && table.head.count == table.rows[0].count)
        #expect(layers.drawing(PageDetail()).contains("class=\"heat\""))
        // Stretches of equal counts add up to all steps.
        let json = JSONCursor(layers.json, name: "layers")
        for row in try json["rows"].elements() {
            let stretches = try row["stretches"].elements()
            #expect(try stretches[0][0].int() == 1 && stretches[stretches.count - 1][1].int() == 6)
        }
        let phases = try #require(StepHeatMap(.phases, of: drift))
        #expect(phases.rows.map(\.name) == ["batch", "loss", "weights"] && phases.rows[0].differs == false)
        #expect(StepHeatMap(.layers, of: [StepDrift(step: 1, phases: [], layers: [], loss: nil, furthest: nil)]) == nil)
        let equal = try #require(StepHeatMap(.layers, of: PageMaterial.drift(steps: 6, layers: 4, first: nil)))
        #expect(equal.drawing(PageDetail()).isEmpty && equal.sentences[0].hasPrefix("None of 4 layers"))
    }

    @Test func firstDifferenceSaysStepPhaseTensorElement() throws {
        let page = try PageMaterial.page("unet/x", drift: PageMaterial.drift(steps: 9, layers: 1, first: 4))
        let section = try #require(page.sections.first as? FirstDifference)
        #expect(
            section.sentences[0]
                == "Step 3 is the last that is equal. The first difference is in step 4, phase weights, unet/x.")
        #expect(
            section.sentences[1].contains(
                "Element [1, 2]: expected 0.5 (0x3f000000), found 0.25 (0x3e800000), 8,388,608 ULP apart."))
        let html = section.drawing(PageDetail())
        #expect(
            html.contains("class=\"ring\"") && html.contains("class=\"cross\"")
                && html.contains("step 4 · weights · unet/x"))
        let bare = try FirstDifference(
            json: JSONCursor(
                ["step": 1, "last_equal_step": 0, "phase": "batch", "tensor": "ids", "summary": "s"], name: "d"),
            steps: 9)
        #expect(
            bare.sentences[0].hasPrefix("No step is equal.") && bare.sentences[1].hasPrefix("The element is not named"))
        #expect(throws: JSONShapeError.self) {
            try FirstDifference(json: JSONCursor(["step": "one"], name: "d"), steps: 1)
        }
    }

    @Test func histogramsCountEveryValue() throws {
        let values = (0..<100).map(Double.init) + [.nan]
        let histogram = try #require(LabelSection.Histogram("Gap", key: "gap", meaning: "", values, parts: 10))
        #expect(histogram.counts == Array(repeating: 10, count: 10) && histogram.total == 100 && histogram.mean == 49.5)
        let one = try #require(LabelSection.Histogram("W", key: "w", meaning: "", [1, 1]))
        #expect(one.counts == [2] && LabelSection.Histogram("W", key: "w", meaning: "", []) == nil)
        let section = LabelSection([histogram, one], notes: [])
        #expect(section.drawing(PageDetail()).components(separatedBy: "class=\"fill\"").count == 3)
        let pairs = try #require(section.table(PageDetail())).rows.compactMap { Int($0[3]) }.reduce(0, +)
        #expect(pairs == 102)
    }

    /// A logit above 0 is a pair whose winner the policy prefers; 0 is none.
    @Test func marginsAreThoseOfTheTrainer() throws {
        let section = try #require(
            MarginSection(try PageMaterial.records([[-0.0, 0], [1, -0.5], [2, 4]], weights: [1, -1])))
        #expect(section.points.map(\.margin) == [0, 0.25, 3] && section.points.map(\.accuracy) == [0, 0.5, 1])
        #expect(section.negative == 3 && section.items == 6)
        #expect(section.sentences.last?.contains("3 of 6 items have a negative weight") == true)
        // Of single pictures the weight says which are good; the logit counts with it already.
        let pictures = MarginSection(try PageMaterial.records([[1]], weights: [-1]), meaning: .pictures)
        #expect(pictures?.sentences.contains { $0.contains("rates a picture as people did") } == true)
        #expect(pictures?.sentences.contains { $0.contains("negative weight") } == false)
        #expect(try MarginSection(PageMaterial.records([[], []])) == nil)
        #expect(section.drawing(PageDetail()).contains("½: chance"))
    }

    @Test func latentsThatDifferComeFirst() throws {
        let page = try PageMaterial.page("pair-1", drift: PageMaterial.drift(steps: 3, layers: 1, first: nil))
        let section = try #require(page.sections.compactMap { $0 as? LatentSection }.first)
        #expect(section.table(PageDetail())?.rows[0] == ["2", "1", "pair-1", "500", "✗ differs", "✓ equal"])
        #expect(section.sentences.contains("Of 8 that were held against the other side, 7 have equal digests."))
        let html = section.drawing(PageDetail())
        #expect(
            html.contains("class=\"ring\"") && html.contains("class=\"cross\"")
                && html.contains("data:image/png;base64,AQID"))
        // Without pictures the text of the exhibit goes too, and is counted.
        var detail = PageDetail()
        detail.pictures = 0
        #expect(section.drawing(detail).contains("1 more are left out") && !section.drawing(detail).contains("<img"))
    }

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
}
