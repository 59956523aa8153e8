import CKernels
import Checkpoints
import Compute
import SeededRandom
import Testing

@testable import Comparison

/// Median and 99th percentile of distances beside those of the sorted list, whatever the sample says.
@Suite struct DistancePercentileTests {
    private static let count = 300_007

    /// The measures of two vectors that are `distance(place)` apart, in units of the last place, on both kinds of tensors
    /// that numbers of 32 and of 64 bits are.
    private static func expectPercentiles(
        count: Int = count, _ distance: (Int) -> UInt32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let bits = (0..<count).map { 0x3f00_0000 + UInt32($0 % 1000) }
        let distances = (0..<count).map(distance)
        let left = try Checkpoint.of(["w": bits.map(Float.init(bitPattern:))])
        let right = try Checkpoint.of(["w": zip(bits, distances).map { Float(bitPattern: $0 + $1) }])
        let far = distances.filter { $0 > 0 }.sorted()
        for workers in [1, 3] {
            let engine = Engine(workers: workers)
            defer { engine.stop() }
            let found = try #require(
                try CheckpointComparison(engine: engine).compare(left, right).tensors[0].measures)
            let (half, most) = ((far.count * 50 + 99) / 100 - 1, (far.count * 99 + 99) / 100 - 1)
            #expect(found.median == UInt64(far[half]), sourceLocation: sourceLocation)
            #expect(found.percentile99 == UInt64(far[most]), sourceLocation: sourceLocation)
        }
    }

    @Test func distancesOfAllOctaves() throws {
        var random = SplitMix(state: 1)
        try Self.expectPercentiles { _ in
            UInt32.random(in: 0..<(1 << UInt32.random(in: 0..<24, using: &random)), using: &random)
        }
    }

    @Test func fewChanges() throws {
        var random = SplitMix(state: 2)
        try Self.expectPercentiles { place in place % 5003 == 7 ? UInt32.random(in: 1..<99_999, using: &random) : 0 }
    }

    @Test func oneChange() throws {
        try Self.expectPercentiles { place in place == 200_000 ? 12_345 : 0 }
    }

    @Test func oneDistanceEverywhere() throws {
        try Self.expectPercentiles { _ in 65_537 }
    }

    /// As many numbers as are not sampled any more, and one more than those.
    @Test(arguments: [1, 255, 256, 16_384, 16_385]) func tensorsOfFewNumbers(count: Int) throws {
        var random = SplitMix(state: UInt64(count))
        try Self.expectPercentiles(count: count) { _ in UInt32.random(in: 1..<1_000_000, using: &random) }
    }

    /// Nothing that was sampled is like the rest: the tensor is read again.
    @Test(arguments: [(1 as UInt32, 70_000 as UInt32), (70_000, 1), (0, 5), (5, 0)])
    func aSampleThatMisleads(sampled: UInt32, others: UInt32) throws {
        let sample = try #require(DistanceSample(of: Self.count))
        let isSampled = sample.runs.reduce(into: [Bool](repeating: false, count: Self.count)) { flags, run in
            for place in run { flags[place] = true }
        }
        try Self.expectPercentiles { isSampled[$0] ? sampled + UInt32($0 % 3) : others + UInt32($0 % 1000) }
    }

    @Test(arguments: [16_385, 100_000, 40_000_000, 1 << 33]) func samplesAreSpreadOverTheTensor(count: Int) throws {
        let runs = try #require(DistanceSample(of: count)).runs
        #expect(runs[0].lowerBound == 0 && runs.last!.upperBound <= count)
        #expect(count - runs.last!.upperBound <= runs.count)
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        #expect(runs.count * runs[0].count <= ChunkTasks.elements)
    }

    /// What does not fit is not kept, and nothing is said then.
    @Test func aFullWindowSaysNothing() {
        var window = DistanceWindow(low: 10, width: 90)
        var kept = [UInt64](repeating: 50, count: 1 << 20)
        kept[3] = 20
        kept.withUnsafeMutableBufferPointer { kept in
            let found = ck_distance_window(low: 10, width: 90, below: 5, kept: kept.baseAddress, count: kept.count)
            window.add(found)
            #expect(window.distance(rank: 1, equal: 4) == 20)
            #expect(window.distance(rank: 2, equal: 4) == 50)
            #expect(window.distance(rank: 0, equal: 4) == nil)
            #expect(window.distance(rank: 1 + kept.count, equal: 4) == nil)
            window.add(found)
            #expect(window.distance(rank: 2, equal: 9) == 20)
            window.add(found)
            #expect(window.distance(rank: 20, equal: 4) == nil)
        }
    }
}
