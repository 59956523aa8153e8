import Checkpoints
import Comparison
import Compute
import Foundation
import SeededRandom
import Testing

/// Tensors of several pieces, whose findings are put together.
@Suite struct LargeTensorTests {
    /// 3 pieces and a bit; distances up to 2^24.
    private static let count = 400_123

    private static func pair() -> (left: [Float], right: [Float]) {
        var random = SplitMix(state: 5)
        let left = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
        let right = left.map { value in
            let shift = UInt32.random(in: 0..<25, using: &random)
            return Float(bitPattern: value.bitPattern &+ UInt32.random(in: 0..<(1 << shift), using: &random))
        }
        return (left, right)
    }

    @Test(arguments: [1, 3]) func piecesAreOneTensor(workers: Int) throws {
        let (left, right) = Self.pair()
        let engine = Engine(workers: workers)
        defer { engine.stop() }
        let report = try CheckpointComparison(engine: engine).compare(
            try Checkpoint.of(["w": left]), try Checkpoint.of(["w": right]))
        let found = try #require(report.tensors[0].measures)
        let distances = zip(left, right).map { UnitsInLastPlace.distance($0.bitPattern, $1.bitPattern) }
        let far = distances.filter { $0 > 0 }.sorted()
        #expect(found.count == Self.count && found.unequal == far.count)
        #expect(found.maxULP.amount == far.last && found.maxULP.index == distances.firstIndex(of: far.last!))
        #expect(found.median == far[(far.count * 50 + 99) / 100 - 1])
        #expect(found.percentile99 == far[(far.count * 99 + 99) / 100 - 1])
        let apart = zip(left, right).map { (Double($0) - Double($1)).magnitude }
        #expect(found.maxAbsolute.amount == apart.max())
        #expect(found.maxAbsolute.left == "\(left[found.maxAbsolute.index])")
        #expect(abs(found.meanAbsolute - apart.reduce(0, +) / Double(Self.count)) < 1e-15)
    }

    /// One changed element at each end of a piece and of the tensor is found, measured or not.
    @Test(arguments: [0, (1 << 17) - 1, 1 << 17, count - 1]) func aChangeAtAnEdgeIsFound(place: Int) throws {
        var (left, right) = Self.pair()
        right = left
        right[place] = right[place].nextUp
        left[place] = right[place].nextDown
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        for measures in [true, false] {
            let report = try CheckpointComparison(engine: engine, measures: measures).compare(
                try Checkpoint.of(["w": left]), try Checkpoint.of(["w": right]))
            #expect(report.tensors[0].verdict == .different && !report.passes)
            #expect(report.tensors[0].measures?.maxULP.index == (measures ? place : nil))
        }
    }
}
