import Audit
import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Runs of every optimiser, and of a reference that moves, are recorded, verified and audited by the one code path.
@Suite struct OptimizerAuditTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let optimizer: String, training: String
        var testDescription: String { optimizer + training }
    }

    private static let kinds = [
        Kind(optimizer: ", name: adafactor, schedule: constant_with_warmup, warmup: 2", training: ""),
        Kind(optimizer: ", name: sgd", training: ""),
        Kind(
            optimizer: ", name: sgd, momentum: 0.9",
            training: ", reference_ema: 0.9, reference_ema_every: 2, ema: 0.9, ema_every: 2"),
    ]

    private static func recipe(_ runs: TinyRuns, _ kind: Kind, more: String = "record: {checkpoint_every: 2}") throws
        -> String
    {
        try runs.recipe(
            "name: kto, positive_ratio: 0.5", steps: 5, more: more, optimizer: kind.optimizer, training: kind.training)
    }

    @Test(arguments: kinds) func aRunIsReproducedInPartsToo(kind: Kind) throws {
        try RecordedRun.with({ runs, _ in try Self.recipe(runs, kind) }) { run in
            try run.expectReproducedEverywhere()
            for (steps, checkpoint) in [(3...4, 2), (4...4, 2), (5...5, 4)] {
                let report = try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", segment: steps)
                #expect(report.verdict == .reproduced && report.segment?.checkpoint == checkpoint, "\(report)")
            }
            #expect(try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1").verdict == .verified)
        }
    }

    /// Every mutant is caught, with checkpoints and without, where the first step is replayed too.
    @Test(arguments: kinds, ["record: {checkpoint_every: 2}", ""])
    func theSelfTestCatchesEveryMutant(kind: Kind, more: String) throws {
        try RecordedRun.with({ runs, _ in try Self.recipe(runs, kind, more: more) }) { run in
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
            #expect(report.isWhole, "\(report.results.filter { !$0.isRight })")
            #expect(report.results.contains { $0.mutant == SelfTestMutant.Kind.recipe.rawValue })
            let isPlain = kind.optimizer == ", name: sgd"
            #expect(report.results.contains { $0.mutant == SelfTestMutant.Kind.optimiserMoment.rawValue } != isPlain)
        }
    }

    /// A checkpoint with one part changed, taken away or added, its object named by its new digest: only the step's
    /// record knows better.
    @Test(arguments: [
        (0, "row/"), (0, "column/"), (0, "second/"), (0, "updates"), (0, "beta1_power"), (2, "momentum/"),
        (2, "reference/"), (2, "average/"), (1, "momentum/extra"), (1, "reference/extra"),
    ])
    func aCheckpointOfAnotherState(kind: Int, part: String) throws {
        try RecordedRun.with({ runs, _ in try Self.recipe(runs, Self.kinds[kind]) }) { run in
            try run.forgeCheckpoint { tensors, metadata in
                if part.hasSuffix("extra") {
                    tensors.append((name: part, tensor: Tensor([1], shape: [1])))
                } else if !part.hasSuffix("/") {
                    metadata[part] = part == "updates" ? "3" : HexFloat.string(0.5)
                } else {
                    let tensor = try #require(tensors.last { $0.name.hasPrefix(part) }).tensor
                    tensor.hostValues[0] = tensor.hostValues[0].nextUp
                }
            }
            let report = try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
            #expect(report.verdict == .tampered && report.reason?.contains("step 2") == true, "\(report.reason ?? "")")
        }
    }

    /// On OpenBLAS the update is compared bit by bit, and the audit tries itself on the optimiser that the run has.
    @Test(arguments: [", name: adafactor", ", name: sgd, momentum: 0.9, weight_decay: 0.1"])
    func aRunOnOpenBLASIsWithinItsBand(optimizer: String) throws {
        try BandedRun.with({
            try $0.recipe(
                "name: kto, beta: 0.01", steps: 3, more: "backend: openblas", optimizer: optimizer,
                training: ", ema: 0.9, ema_every: 2, reference_ema: 0.9, reference_ema_every: 2")
        }) { run, _, _ in
            let report = try run.audit()
            #expect(report.verdict == .withinBand, "\(report.reason ?? "") \(report.divergence?.description ?? "")")
            #expect(report.equalSteps == 3)
            let power = try #require(report.band?.power)
            for finding in power.findings where [.learningRate, .beta2, .weightDecay].contains(finding.tampering) {
                #expect(finding.isCaught, "\(finding)")
            }
        }
    }
}
