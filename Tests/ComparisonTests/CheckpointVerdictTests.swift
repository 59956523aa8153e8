import Checkpoints
import Comparison
import Compute
import SeededRandom
import Testing

/// Which verdict a tensor gets, and what the policy makes of it.
@Suite struct CheckpointVerdictTests {
    private static func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
        var random = SplitMix(state: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    private func compare(
        _ left: Checkpoint, _ right: Checkpoint, _ policy: DifferencePolicy = DifferencePolicy()
    ) throws -> CheckpointDifference {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        return try CheckpointComparison(engine: engine, policy: policy).compare(left, right)
    }

    private func verdicts(_ report: CheckpointDifference) -> [String: TensorVerdict] {
        Dictionary(uniqueKeysWithValues: report.differing.map { ($0.name, $0.verdict) })
    }

    @Test func renamedTensorsAreFoundByContent() throws {
        let (a, b) = (Self.numbers(100, 1), Self.numbers(100, 2))
        let left = try Checkpoint.of(["x.a.weight": a, "x.b.weight": b])
        let right = try Checkpoint.of(["y.a.weight": a, "y.b.weight": b])
        let report = try compare(left, right)
        #expect(
            verdicts(report) == ["x.a.weight": .renamed(to: "y.a.weight"), "x.b.weight": .renamed(to: "y.b.weight")])
        #expect(report.notes.contains("all 2 renamed tensors: \"x.\" became \"y.\""))
        #expect(!report.passes)
        #expect(try compare(left, right, DifferencePolicy(allowsRename: true)).passes)
    }

    /// Zeros are like other zeros: the names decide, and none is used twice.
    @Test func equalContentsArePairedByTheirNames() throws {
        let zeros = [Float](repeating: 0, count: 10)
        let report = try compare(
            try Checkpoint.of(["a.q.bias": zeros, "a.k.bias": zeros]),
            try Checkpoint.of(["b.k.bias": zeros, "b.q.bias": zeros, "b.v.bias": zeros]))
        #expect(
            verdicts(report) == [
                "a.q.bias": .renamed(to: "b.q.bias"), "a.k.bias": .renamed(to: "b.k.bias"), "b.v.bias": .onlyRight,
            ])
    }

    /// An element of two numbers is one element, whichever of them differ.
    @Test func complexElementsAreCountedOnce() throws {
        func side(_ numbers: [Float]) throws -> Checkpoint {
            let header = Array(#"{"w":{"dtype":"C64","shape":[4],"data_offsets":[0,32]}} "#.utf8)
            let data = numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
            let size = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init)
            return try Checkpoint(safetensors: OpenFile(path: "memory", bytes: size + header + data))
        }
        let report = try compare(try side([1, 2, 3, 4, 5, 6, 7, 8]), try side([0, 0, 3, 0, 5, 6, 0, 8]))
        let measures = try #require(report.differing.first?.measures)
        #expect(measures.elements == 4 && measures.unequalElements == 3 && measures.share == 0.75)
        #expect(report.differing[0].unequal == 3 && report.differing[0].count == 4)
        #expect(measures.unequal == 4 && measures.count == 8)
    }

    /// Each of many is paired with its like, in a time that does not grow with the square of tensors read.
    @Test(arguments: [10, 200]) func manyEqualContents(elements: Int) throws {
        let zeros = [Float](repeating: 0, count: elements)
        func side(_ prefix: String) throws -> Checkpoint {
            try Checkpoint.of(Dictionary(uniqueKeysWithValues: (0..<600).map { ("\(prefix).\($0).bias", zeros) }))
        }
        let clock = ContinuousClock()
        let start = clock.now
        let report = try compare(try side("a"), try side("b"))
        #expect(report.differing.count == 600)
        for tensor in report.differing {
            #expect(tensor.verdict == .renamed(to: "b" + tensor.name.dropFirst()), "\(tensor.name)")
        }
        #expect(start.duration(to: clock.now) < .seconds(60))
    }

    /// Equal where samples are taken and different between is not renamed.
    @Test func almostTheSameContentIsNotRenamed() throws {
        let a = Self.numbers(10_000, 1)
        var b = a
        b[1000] += 1
        let report = try compare(try Checkpoint.of(["x": a]), try Checkpoint.of(["y": b]))
        #expect(verdicts(report) == ["x": .onlyLeft, "y": .onlyRight])
    }

    @Test func reshapedAndTransposed() throws {
        let values = Self.numbers(60, 3)
        let left = try Checkpoint.of(["w": values], shapes: ["w": [3, 4, 5]])
        #expect(
            verdicts(try compare(left, try Checkpoint.of(["w": values], shapes: ["w": [12, 5]]))) == ["w": .reshaped])
        // Axis 0 of the moved tensor is axis 2 of the other.
        var moved = values
        for i in 0..<3 {
            for j in 0..<4 { for k in 0..<5 { moved[(k * 3 + i) * 4 + j] = values[(i * 4 + j) * 5 + k] } }
        }
        let right = try Checkpoint.of(["w": moved], shapes: ["w": [5, 3, 4]])
        #expect(verdicts(try compare(left, right)) == ["w": .transposed(axes: [2, 0, 1])])
        moved[7] += 1
        let other = try Checkpoint.of(["w": moved], shapes: ["w": [5, 3, 4]])
        #expect(verdicts(try compare(left, other)) == ["w": .different])
    }

    @Test func exchangedContentsAreNoted() throws {
        let (a, b) = (Self.numbers(64, 1), Self.numbers(64, 2))
        let report = try compare(try Checkpoint.of(["q": a, "k": b]), try Checkpoint.of(["q": b, "k": a]))
        #expect(report.tensors.map(\.notes) == [["B has the content of A's q"], ["B has the content of A's k"]])
    }

    @Test func tolerancesByName() throws {
        let a = Self.numbers(64, 1)
        let left = try Checkpoint.of(["norm.weight": a, "conv.weight": a])
        let right = try Checkpoint.of(["norm.weight": a.map(\.nextUp), "conv.weight": a])
        func passes(_ policy: DifferencePolicy) throws -> Bool { try compare(left, right, policy).passes }
        #expect(try !passes(DifferencePolicy()))
        #expect(try passes(DifferencePolicy(tolerance: .ulp(1))))
        #expect(try !passes(DifferencePolicy(tolerance: .ulp(0))))
        #expect(try passes(DifferencePolicy(rules: [.init(pattern: "norm.*", tolerance: .ulp(1))])))
        #expect(try !passes(DifferencePolicy(tolerance: .ulp(1), rules: [.init(pattern: "*", tolerance: .exact)])))
        #expect(try passes(DifferencePolicy(rules: [.init(pattern: "norm.*", tolerance: nil)])))
        #expect(try passes(DifferencePolicy(only: ["conv.*"])))
        #expect(try passes(DifferencePolicy(tolerance: .values(relative: 2e-7, absolute: 0))))
        #expect(try !passes(DifferencePolicy(tolerance: .values(relative: 1e-8, absolute: 0))))
    }

    /// NaN is within no tolerance of a number, and a NaN with other bits is within every one but `exact`.
    @Test func notANumber() throws {
        let left = try Checkpoint.of(["w": [1, .nan]])
        let other = try Checkpoint.of(["w": [1, Float(bitPattern: 0x7FC0_0001)]])
        let gained = try Checkpoint.of(["w": [.nan, .nan]])
        for tolerance in [Tolerance.ulp(.max - 1), .values(relative: 1e9, absolute: 1e9)] {
            let policy = DifferencePolicy(tolerance: tolerance)
            #expect(try compare(left, other, policy).passes)
            #expect(try !compare(left, gained, policy).passes)
            #expect(try !compare(gained, left, policy).passes)
        }
        #expect(try !compare(left, other).passes)
        #expect(try compare(left, other).tensors[0].verdict == .equal)
    }

    /// An infinite bound would let anything pass where the reference is infinite.
    @Test func infinityIsWithinNoTolerance() throws {
        let policy = DifferencePolicy(tolerance: .values(relative: 1, absolute: 1))
        let (infinite, finite) = (try Checkpoint.of(["w": [.infinity]]), try Checkpoint.of(["w": [3]]))
        #expect(try !compare(infinite, finite, policy).passes)
        #expect(try !compare(finite, infinite, policy).passes)
        #expect(try compare(infinite, infinite, policy).passes)
    }

    /// Texts that Swift's strings call equal are not.
    @Test func metadataAreComparedByteByByte() throws {
        let left = try Checkpoint.of(["w": [1]], metadata: ["name": "caf\u{E9}", "only": "here"])
        let right = try Checkpoint.of(["w": [1]], metadata: ["name": "cafe\u{301}"])
        let report = try compare(left, right)
        #expect(report.metadata.map(\.key) == ["name", "only"] && report.verdict == .different)
        #expect(try compare(left, right, DifferencePolicy(ignoresMetadata: true)).passes)
    }

    @Test(arguments: [
        ("exact", Tolerance.exact), ("ulp:3", .ulp(3)), ("rtol:0.5", .values(relative: 0.5, absolute: 0)),
        ("atol:1e-8,rtol:1e-5", .values(relative: 1e-5, absolute: 1e-8)),
    ]) func toleranceTexts(text: String, tolerance: Tolerance) {
        #expect(Tolerance(text) == tolerance)
        #expect(Tolerance(tolerance.text) == tolerance)
    }

    @Test(arguments: [
        "", "ulp", "ulp:-1", "rtol:x", "rtol:-1", "rtol:inf", "atol:nan", "rtol:1,rtol:2", "rtol:1,", "l2:1",
    ])
    func otherTolerancesAreRefused(text: String) { #expect(Tolerance(text) == nil) }
}
