import Checkpoints
import Comparison
import Compute
import Core
import Foundation
import Testing

/// Numbers at and next to a bound, of any two types, against rational numbers (`Tests/Pairs/pairs.py --fixtures`).
@Suite struct ToleranceBoundTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

    private static func report(_ isa: ISA, _ rules: [DifferencePolicy.Rule]) throws -> [TensorDifference] {
        let engine = Engine(isa: isa, workers: 2)
        defer { engine.stop() }
        return try CheckpointComparison(engine: engine, policy: DifferencePolicy(rules: rules)).compare(
            try Checkpoint(opening: "\(fixtures)/bounds-left.safetensors"),
            try Checkpoint(opening: "\(fixtures)/bounds-right.safetensors")
        ).tensors
    }

    @Test func noRoundingMovesANumberAcrossItsBound() throws {
        let expected = JSONCursor(try JSONValue.read("\(Self.fixtures)/bounds.json"), name: "bounds.json")
        let rules = try expected.object().keys.map { name in
            let (relative, absolute) = (try expected[name]["rtol"].double(), try expected[name]["atol"].double())
            return DifferencePolicy.Rule(pattern: name, tolerance: .values(relative: relative, absolute: absolute))
        }
        for isa in ISA.supported {
            let tensors = try Self.report(isa, rules)
            #expect(tensors.count == 600)
            for tensor in tensors {
                let wanted = try expected[tensor.name]
                let types = "\(isa), \(tensor.name): \(tensor.left!.type), \(tensor.right!.type)"
                #expect(tensor.passes == (try wanted["within"].bool()), "\(types)")
                let isEqual = tensor.verdict == .equal || tensor.verdict == .identical
                #expect(isEqual == (try wanted["equal"].bool()), "\(types)")
            }
        }
    }
}
