import Checkpoints
import Comparison
import Compute
import Core
import Foundation
import Testing

/// Measures of every element type against numpy (`Tests/Pairs/pairs.py --fixtures`).
@Suite struct NumberMeasuresTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
    private static let exact = [
        "unequal", "zero_signs", "nan_payloads", "nan_gained", "nan_lost", "inf_gained", "inf_lost", "sign_flips",
        "ulp_max_index", "ulp_nan_to_number", "abs_max_index",
    ]

    private static func measured(_ engine: Engine) throws -> [TensorDifference] {
        try CheckpointComparison(engine: engine).compare(
            try Checkpoint(opening: "\(fixtures)/left.safetensors"),
            try Checkpoint(opening: "\(fixtures)/right.safetensors")
        ).tensors
    }

    @Test func agreeWithNumpy() throws {
        let engine = Engine()
        defer { engine.stop() }
        let expected = JSONCursor(try JSONValue.read("\(Self.fixtures)/measures.json"), name: "measures.json")
        let tensors = try Self.measured(engine)
        #expect(tensors.count == 25)
        for tensor in tensors {
            let wanted = try expected[tensor.name]
            let found = JSONCursor(try #require(tensor.measures).json, name: tensor.name)
            for key in Self.exact {
                #expect(try found[key].int() == wanted[key].int(), "\(tensor.name): \(key)")
            }
            for key in ["ulp_max", "ulp_p50", "ulp_p99", "ulp_histogram"] {
                let (ours, theirs) = (try found[key].value, try wanted[key].value)
                #expect(ours == theirs, "\(tensor.name): \(key)")
            }
            for key in ["abs_max", "abs_mean", "relative_l2", "cosine"] {
                // Sums are taken in another order there; where numpy's overflow, nothing is said.
                guard case .number(let number) = try wanted[key].value else { continue }
                guard case .number(let ours) = try found[key].value else {
                    Issue.record("\(tensor.name): no \(key)")
                    continue
                }
                let bound = key == "abs_max" ? 0 : 1e-12 * number.double.magnitude
                #expect((ours.double - number.double).magnitude <= bound, "\(tensor.name): \(key)")
            }
        }
    }

    /// Every figure, sums included, to the last bit.
    @Test func areTheSameOnEveryInstructionSetAndWorkerCount() throws {
        let reference = Engine(isa: .baseline, workers: 1)
        defer { reference.stop() }
        let expected = try Self.measured(reference)
        for isa in ISA.supported {
            for workers in [1, 2, 3, 7] {
                let engine = Engine(isa: isa, workers: workers)
                defer { engine.stop() }
                #expect(try Self.measured(engine) == expected, "\(isa) × \(workers)")
            }
        }
    }
}
