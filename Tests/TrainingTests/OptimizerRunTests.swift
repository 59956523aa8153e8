import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Whole runs with every optimiser and with averages that move now and then.
@Suite struct OptimizerRunTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let optimizer: String, training: String
        var testDescription: String { optimizer + training }
    }

    static let kinds = [
        Kind(optimizer: ", name: adafactor, schedule: constant_with_warmup, warmup: 2", training: ""),
        Kind(optimizer: ", name: adafactor, schedule: linear", training: ", ema: 0.9, ema_every: 3"),
        Kind(optimizer: ", name: sgd, schedule: polynomial, power: 2", training: ""),
        Kind(optimizer: ", name: sgd, momentum: 0.9, scale_lr: true", training: ", reference_ema: 0.9"),
        Kind(
            optimizer: ", schedule: cosine_with_restarts, cycles: 2",
            training: ", reference_ema: 0.9, reference_ema_every: 2, ema: 0.9"),
    ]

    /// Interrupted after each step in turn, on other workers from then on.
    @Test(arguments: kinds) func aResumedRunEndsWhereAWholeOneDoes(kind: Kind) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe(
                "name: dpo", steps: 5, more: "record: {checkpoint_every: 2}", optimizer: kind.optimizer,
                training: kind.training)
            let whole = try RunSupport.withSession(recipe) { try RunSupport.record($0, in: runs.path("whole")) }
            for stop in 1...4 {
                let folder = runs.path("parts-\(stop)")
                try RunSupport.recordInterrupted(recipe, in: folder, after: stop)
                #expect(try RunSupport.takeUp(recipe, in: folder).result == whole.result)
            }
        }
    }

    /// What each run's record holds of its update.
    @Test func whatIsRecorded() throws {
        try RunSupport.withRuns { runs in
            func entries(_ optimizer: String, _ training: String) throws -> [String] {
                let recipe = try runs.recipe("name: dpo", optimizer: optimizer, training: training)
                let records = try RunSupport.withSession(recipe) { try RunSupport.records($0) }
                return try #require(records[1][.update]).entries.map(\.name)
            }
            for (optimizer, training, own) in [
                ("", "", ["beta powers", "optimizer"]), (", name: adafactor", "", ["moment decay", "optimizer"]),
                (", name: sgd", "", []), (", name: sgd, momentum: 0.5", "", ["optimizer"]),
                (", name: sgd", ", reference_ema: 0.5", ["reference"]),
            ] {
                let found = try entries(optimizer, training)
                #expect(found == (["clip factor", "learning rate"] + own).sorted(), "\(optimizer)")
            }
        }
    }

    /// The first move makes the reference the policy, so that the next step's loss is that of two equal networks; the
    /// second leaves some of what was before. One that has not moved yet leaves no trace in the losses.
    @Test func theReferenceFollows() throws {
        try RunSupport.withRuns { runs in
            func losses(_ training: String) throws -> [Float] {
                let recipe = try runs.recipe("name: dpo", steps: 4, training: training)
                return try RunSupport.withSession(recipe) { session in
                    try (0..<4).map { _ in try session.step(observer: nil).loss }
                }
            }
            /// The mean of three times log 2, which a rounding may have moved.
            func isOfEqualNetworks(_ loss: Float) -> Bool { abs(loss - 0.6931472) <= 2 * Float(0.6931472).ulp }
            let (fixed, moved) = (try losses(""), try losses(", reference_ema: 0.9, reference_ema_every: 2"))
            #expect(fixed.map(isOfEqualNetworks) == [true, false, false, false])
            #expect(moved.map(isOfEqualNetworks) == [true, false, true, false])
            #expect(moved[0...1] == fixed[0...1] && moved[3] != fixed[3])
            let each = try losses(", reference_ema: 0.9, reference_ema_every: 1")
            #expect(each.map(isOfEqualNetworks) == [true, true, false, false])
            #expect(try losses(", reference_ema: 0.9") == fixed)
        }
    }

    /// Every third update is taken in, the n-th time with the n-th decay.
    @Test func averagesNowAndThen() {
        let engine = Engine()
        defer { engine.stop() }
        let parameter = Parameter(name: "w", value: Tensor([8, -4], shape: [2]))
        let (now, each) = (
            WeightAverage(decay: 0.15, every: 3, parameters: [("w", parameter)]),
            WeightAverage(decay: 0.15, parameters: [("w", parameter)])
        )
        var expected: [Float] = [8, -4]
        for k in 1...9 {
            parameter.replace(with: Tensor([Float(k), Float(k * k)], shape: [2]))
            now.update([("w", parameter)], k: k, engine: engine)
            if k % 3 == 0 {
                each.update([("w", parameter)], k: k / 3, engine: engine)
                let decay = Float(min(0.15, Double(k / 3) / Double(k / 3 + 9)))
                expected = zip(expected, parameter.value.floats).map { $0 * decay + $1 * (1 - decay) }
            }
            #expect(now.tensors[0].tensor.floats == expected && each.tensors[0].tensor.floats == expected)
        }
    }
}
