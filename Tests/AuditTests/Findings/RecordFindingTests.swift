import Audit
import Core
import Ledger
import Pages
import Testing

extension Finding {
    var table: Table? { contents.lazy.compactMap { if case .table(let table) = $0 { table } else { nil } }.first }
    var charts: [StepChart] { contents.compactMap { if case .chart(let chart) = $0 { chart } else { nil } } }
    var heat: HeatMap? { contents.lazy.compactMap { if case .heat(let map) = $0 { map } else { nil } }.first }
}

/// What findings make of the evidence.
@Suite struct RecordFindingTests {
    private func again(_ finding: Finding) throws -> Finding {
        var root = Finding(of: "r", "test", .init("w", .open, "s"))
        root.children = [finding]
        return try Finding(json: JSONCursor(try JSONValue.parse(root.json.canonicalBytes, file: "x"), name: "x"))
            .children[0]
    }

    @Test func lossesAreHeldAgainstEachOther() throws {
        let loss = LossCurve(DriftMaterial.drift(steps: 10, layers: 2, first: 4), firstDifference: 4)
            .finding(orMissing: "")
        #expect(loss.says[1] == "At 3 of 10 steps the replayed loss is equal to it, bit for bit.")
        #expect(loss.says[2].hasPrefix("It is furthest away at step 10: by ") && loss.says[2].hasSuffix("7 ULP."))
        let chart = try #require(loss.charts.first)
        #expect(chart.series.map(\.style) == [.solid, .dashed] && chart.marker == 4)
        #expect(chart.strip?.name == "replayed − recorded" && chart.strip?.values.count == 10)
        #expect(loss.table?.rows[0][2] == "0x3f332ca5")
        #expect(try again(loss) == loss)
        // A record alone has one curve and no strip; a loss that is no number is counted and not drawn.
        let alone = LossCurve([
            .init(step: 1, recorded: Float(1).bitPattern, found: nil),
            .init(step: 2, recorded: Float.nan.bitPattern, found: nil),
            .init(step: 3, recorded: Float(2).bitPattern, found: nil),
        ]).finding(orMissing: "")
        #expect(alone.says.contains("At 1 of them it is no finite number and not drawn."))
        #expect(alone.says.contains("Nothing was replayed: there is nothing to hold it against."))
        let single = try #require(alone.charts.first)
        #expect(single.series.map(\.values) == [[1, nil, 2]] && single.strip == nil)
        #expect(LossCurve([LossCurve.Point]()).finding(orMissing: "why").absence == "why")
    }

    @Test func driftNamesTheFurthestNumberAndTheKind() throws {
        let drift = DriftFindings(DriftMaterial.drift(steps: 10, layers: 2, first: 4)).distances
        #expect(drift.says[0] == "7 of 10 compared steps differ.")
        #expect(drift.says[1] == "The furthest number is loss 0003.errors of step 10: 7 ULP.")
        let kind = drift.says.last ?? ""
        #expect(
            kind.hasPrefix("Kind of change: step 4, phase ") && kind.contains("the first 3 steps are equal"),
            "\(kind)")
        #expect(drift.charts.first?.bars?.values.prefix(4) == [0, 0, 0, 1] && drift.charts.first?.marker == 4)
        #expect(try again(drift) == drift)
        let equal = DriftFindings(DriftMaterial.drift(steps: 10, layers: 2, first: nil)).distances
        #expect(equal.says == ["All 10 compared steps are equal in every bit that was compared."])
        #expect(equal.contents.isEmpty)
        // Tensors that differ while no number does are marked by themselves.
        let silent = DriftFindings([
            StepDrift(
                step: 1, phases: [.init(name: "weights", total: 2, differing: 1)], layers: [], loss: nil, furthest: nil)
        ]).distances
        #expect(silent.charts.first?.silent == [1])
        #expect(silent.says[1] == "At 1 only digests of tensors differ: no number says how far.")
    }

    @Test func heatMapsShowSharesOfLayersAndPhases() throws {
        let findings = DriftFindings(DriftMaterial.drift(steps: 6, layers: 4, first: 3))
        let layers = try #require(findings.layers)
        let map = try #require(layers.heat)
        #expect(map.rows.count == 4 && map.steps == Array(1...6))
        let moved = map.rows.filter(\.differs)
        #expect(layers.says[0].hasPrefix("\(moved.count) of 4 layers differ somewhere"))
        let table = try #require(layers.table)
        #expect(table.rows.count == moved.count && table.head.count == table.rows[0].count)
        // Stretches of equal counts add up to all steps.
        for row in try JSONCursor(layers.data, name: "layers")["rows"].elements() {
            let stretches = try row["stretches"].elements()
            #expect(try stretches[0][0].int() == 1 && stretches[stretches.count - 1][1].int() == 6)
        }
        #expect(try again(layers) == layers)
        let phases = try #require(findings.phases?.heat)
        #expect(phases.rows.map(\.name) == ["batch", "loss", "weights"] && phases.rows[0].differs == false)
        let bare = DriftFindings([StepDrift(step: 1, phases: [], layers: [], loss: nil, furthest: nil)])
        #expect(bare.layers == nil && bare.phases == nil)
        let equal = try #require(DriftFindings(DriftMaterial.drift(steps: 6, layers: 4, first: nil)).layers)
        #expect(equal.contents.isEmpty && equal.says[0].hasPrefix("None of 4 layers"))
        #expect(DriftFindings.all(nil, why: "w").map(\.absence) == ["w", "w", "w"])
    }

    @Test func labelsAreListedByTheirHistograms() throws {
        let histograms = [
            Histogram("Gap", key: "gap", meaning: "m", (0..<100).map(Double.init), parts: 10),
            Histogram("W", key: "w", meaning: "m", [1, 1]),
        ].compactMap(\.self)
        let labels = LabelFigures(histograms, notes: ["n"]).finding
        let pairs = try #require(labels.table).rows.compactMap { Int($0[3]) }.reduce(0, +)
        #expect(pairs == 102 && labels.contents.first == .histograms(histograms) && labels.says.count == 3)
        #expect(try again(labels) == labels)
    }

    /// A logit above 0 is a pair whose winner the policy prefers; 0 is none.
    @Test func marginsAreThoseOfTheTrainer() throws {
        let margins = try #require(
            MarginCurve(try DriftMaterial.records([[-0.0, 0], [1, -0.5], [2, 4]], weights: [1, -1])))
        #expect(margins.points.map(\.margin) == [0, 0.25, 3] && margins.points.map(\.accuracy) == [0, 0.5, 1])
        #expect(margins.negative == 3 && margins.items == 6)
        let finding = margins.finding
        #expect(finding.says.last?.hasPrefix("3 of 6 items have a negative weight") == true)
        #expect(finding.charts.map(\.heading) == ["Margin", "Implicit accuracy"])
        #expect(finding.charts.compactMap(\.base?.name) == ["0: no preference", "½: chance"])
        #expect(try again(finding) == finding)
        // Of single pictures the weight says which are good; the logit counts with it already.
        let pictures = MarginCurve(try DriftMaterial.records([[1]], weights: [-1]), meaning: .pictures)?.finding
        #expect(pictures?.says.count == 2 && pictures?.says[0].contains("rates a picture as people did") == true)
        #expect(try MarginCurve(DriftMaterial.records([[], []])) == nil)
    }

    @Test func latentsThatDifferComeFirst() throws {
        let matches = (0..<8).map {
            LatentFigures.Match(
                step: 1 + $0 / 4, item: $0 % 4, id: "pair-1", timestep: 100 * $0, winner: $0 != 5, loser: true)
        }
        let picture = Picture(png: [1, 2, 3], width: 2, height: 2, label: "l", alternative: "a")
        let latents = LatentFigures(
            matches, exhibits: [.init(match: matches[5], caption: "c", pictures: [picture])], notes: []
        ).finding
        #expect(latents.table?.rows[0] == ["2", "1", "pair-1", "500", "✗ differs", "✓ equal"])
        #expect(latents.says.contains("Of 8 that were held against the other side, 7 have equal digests."))
        let marks = latents.contents.compactMap { if case .marks(let chart) = $0 { chart.marks } else { nil } }.flatMap(
            \.self)
        #expect(marks.map(\.isEqual) == (0..<8).map { $0 != 5 } && marks[5].height == 500)
        let items = latents.contents.compactMap { if case .gallery(let all) = $0 { all.items } else { nil } }
        #expect(items == [[.init(heading: "Step 2, item 1, t = 500", caption: "c", pictures: [picture])]])
        #expect(try again(latents) == latents)
    }

    @Test func aCardOfARunIsAList() throws {
        let facts = [Fact("steps", "3", in: "outcome")]
        let card = Provenance.finding(run: "r", signed: [], facts, number: 2)
        #expect(card.key == "provenance-2" && card.facts == facts && card.says[0] == "No known key has signed r.")
        #expect(Provenance.finding(run: "r", signed: ["alice"], facts).says[0] == "r is signed by alice.")
        #expect(try again(card) == card)
    }
}
