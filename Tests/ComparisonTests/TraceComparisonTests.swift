import Comparison
import Core
import Ledger
import Testing

@Suite struct TraceComparisonTests {
    private func step(
        _ phases: [(Phase, [TraceEntry])], tensors: [Phase: [(name: String, digest: Digest)]] = [:]
    ) throws -> StepTrace {
        try StepTrace(step: 4, entries: Dictionary(uniqueKeysWithValues: phases), tensors: tensors)
    }

    private func base(_ changes: [(Phase, TraceEntry)] = []) throws -> StepTrace {
        var phases: [(Phase, [TraceEntry])] = [
            (.batch, [TraceEntry("ids", .text(["a", "b"])), TraceEntry("x", .of(.document, "x"))]),
            (.timestep, [TraceEntry("t", .integers([3, 5]))]),
            (.loss, [TraceEntry("loss", 0.5 as Float), TraceEntry("0000", .float32([1, 2, 3]))]),
            (.update, [TraceEntry("rate", 1e-3 as Double)]),
            (.weights, [TraceEntry("weights", .of(.document, "w"))]),
        ]
        for (phase, entry) in changes {
            let place = try #require(phases.firstIndex { $0.0 == phase })
            phases[place].1.removeAll { $0.name == entry.name }
            phases[place].1.append(entry)
        }
        return try step(phases)
    }

    @Test func equalRecordsDoNotDiffer() throws {
        #expect(TraceComparison.firstDifference(expected: try base(), found: try base()) == nil)
    }

    /// `weights` comes before none, `batch` before all; names inside a phase in byte order.
    @Test func theFirstPhaseAndNameAreReported() throws {
        let changes: [(Phase, TraceEntry)] = [
            (.weights, TraceEntry("weights", .of(.document, "other"))),
            (.loss, TraceEntry("loss", Float(0.5).nextUp)),
            (.loss, TraceEntry("0000", .float32([1, 9, 3]))),
        ]
        let found = try #require(TraceComparison.firstDifference(expected: try base(), found: try base(changes)))
        #expect(found.step == 4 && found.lastEqualStep == 3)
        #expect(found.phase == .loss && found.tensor == "0000")
        #expect(found.element?.index == 1)
        #expect(found.element?.expectedBits == "0x00000002" && found.element?.foundBits == "0x00000009")
        #expect(found.element?.ulp == 7)
    }

    @Test func eachKindOfValueIsDescribed() throws {
        func difference(_ phase: Phase, _ entry: TraceEntry) throws -> Divergence {
            try #require(TraceComparison.firstDifference(expected: try base(), found: try base([(phase, entry)])))
        }
        let loss = try difference(.loss, TraceEntry("loss", Float(0.5).nextUp))
        #expect(
            loss.description
                == "step 4, phase loss, loss[0]: expected 0.5 (0x3f000000), found 0.50000006 (0x3f000001), 1 ULP apart")
        let rate = try difference(.update, TraceEntry("rate", 1e-3.nextDown))
        #expect(rate.element?.ulp == 1 && rate.element?.expected == "0.001")
        let t = try difference(.timestep, TraceEntry("t", .integers([3, 6])))
        #expect(t.element?.index == 1 && t.element?.expected == "5" && t.element?.found == "6" && t.element?.ulp == nil)
        let ids = try difference(.batch, TraceEntry("ids", .text(["a", "c"])))
        #expect(ids.element?.expected == "b" && ids.element?.found == "c")
        let digest = try difference(.weights, TraceEntry("weights", .of(.document, "v")))
        #expect(digest.element == nil)
        #expect(digest.expected == Digest.of(.document, "w").hex && digest.found == Digest.of(.document, "v").hex)
        let longer = try difference(.timestep, TraceEntry("t", .integers([3, 5, 7])))
        #expect(longer.expected == "2 integers" && longer.found == "3 integers")
    }

    private func gradients(_ values: [String: String], norm: Float = 1, isKept: Bool = true) throws -> StepTrace {
        let trace = try step(
            [(.gradient, [TraceEntry("a norm", norm)])],
            tensors: [.gradient: values.map { (name: $0.key, digest: Digest.of(.document, $0.value)) }])
        return isKept ? trace : StepTrace(record: trace.record)
    }

    /// A tensor is named before the norm that was computed from it, also where the norm's name comes first.
    @Test func theFirstTensorIsNamed() throws {
        let old = try gradients(["b": "1", "c": "2", "d": "3"])
        let found = try #require(
            TraceComparison.firstDifference(
                expected: old, found: try gradients(["b": "1", "c": "9", "d": "8"], norm: 2)))
        #expect(found.phase == .gradient && found.tensor == "c")
        #expect(found.expected == Digest.of(.document, "2").hex && found.found == Digest.of(.document, "9").hex)
        let lost = try #require(
            TraceComparison.firstDifference(expected: old, found: try gradients(["b": "1", "d": "3"])))
        #expect(lost.tensor == "c" && lost.found == nil)
        let norm = try #require(
            TraceComparison.firstDifference(
                expected: old, found: try gradients(["b": "1", "c": "2", "d": "3"], norm: 2)))
        #expect(norm.tensor == "a norm")
    }

    /// Digests that were not kept: the phase is named, and that it was one of its tensors.
    @Test func withoutListsThePhaseIsNamed() throws {
        let old = try gradients(["b": "1", "c": "2"], isKept: false)
        let found = try #require(
            TraceComparison.firstDifference(expected: old, found: try gradients(["b": "1", "c": "9"])))
        #expect(found.phase == .gradient && found.tensor == "tensors")
        #expect(found.expected?.hasPrefix("2 tensors with the root ") == true && found.expected != found.found)
    }

    @Test func missingEntriesAndPhasesAreNamed() throws {
        let less = try step([(.batch, [TraceEntry("ids", .text(["a", "b"])), TraceEntry("x", .of(.document, "x"))])])
        let lacking = try #require(TraceComparison.firstDifference(expected: try base(), found: less))
        #expect(lacking.phase == .timestep && lacking.tensor == "t" && lacking.found == nil)
        #expect(lacking.description.hasSuffix("found nothing"))
        let more = try #require(TraceComparison.firstDifference(expected: less, found: try base()))
        #expect(more.expected == nil && more.description.contains("expected nothing"))
    }

    @Test func elementsOfTensorsHaveCoordinates() throws {
        let old = (0..<24).map { Float($0).bitPattern }
        var new = old
        new[17] ^= 1
        let found = try #require(TraceComparison.firstElement(old, new, shape: [2, 3, 4]))
        #expect(found.index == 17 && found.coordinates == [1, 1, 1])
        #expect(found.expected == "17.0" && found.ulp == 1)
        #expect(TraceComparison.firstElement(old, old, shape: [24]) == nil)
    }
}
