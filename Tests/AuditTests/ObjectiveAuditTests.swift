import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Runs of every objective are recorded and audited by the one code path.
@Suite struct ObjectiveAuditTests {
    private static let objectives = [
        "name: dpo", "name: kto, positive_ratio: 0.5", "name: kto, kl: mismatched", "name: mapo", "name: inpo",
    ]

    private static func recipe(_ runs: TinyRuns, _ objective: String, more: String = "") throws -> String {
        let inversion = objective.contains("inpo") ? "\ninversion: {steps: 2}" : ""
        return try runs.recipe(
            objective, steps: 3, more: "record: {checkpoint_every: 1}\(inversion)\n\(more)",
            training: ", micro_pairs: 2")
    }

    @Test(arguments: objectives)
    func aRunIsReproducedOnOtherWorkersAndInstructionSets(objective: String) throws {
        try RecordedRun.with({ runs, _ in try Self.recipe(runs, objective) }) { run in
            try run.expectReproducedEverywhere()
        }
    }

    /// Every mutant is caught, that of the label too: a weight of 1 is in the record all the same.
    @Test(arguments: objectives)
    func theSelfTestCatchesEveryMutant(objective: String) throws {
        try RecordedRun.with({ runs, _ in try Self.recipe(runs, objective) }) { run in
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
            #expect(report.isWhole, "\(report.results.filter { !$0.isRight })")
            #expect(report.results.contains { $0.mutant == SelfTestMutant.Kind.label.rawValue })
        }
    }

    /// K is compared by its bits, as it follows from the recorded errors. β is small, for the band is calibrated on two
    /// steps: far from K a loss is flat, and says nothing of how far the next one's may lie.
    @Test(arguments: ["name: kto, beta: 0.01", "name: kto, kl: mismatched, beta: 0.01", "name: mapo"])
    func aRunOnOpenBLASIsWithinItsBand(objective: String) throws {
        try BandedRun.with({ try Self.recipe($0, objective, more: "backend: openblas") }) { run, _, _ in
            let report = try run.audit()
            #expect(report.verdict == .withinBand, "\(report.reason ?? "") \(report.divergence?.description ?? "")")
            #expect(report.equalSteps == 3)
        }
    }

    /// A K that does not follow from the recorded errors is found, with every hash made anew.
    @Test func aForgedReferencePointDiverges() throws {
        try BandedRun.with({ try Self.recipe($0, "name: kto, beta: 0.01", more: "backend: openblas") }) { run, _, _ in
            let report = try run.forge { step, stored in
                guard step.record.step == 2 else { return (step, stored) }
                return (try step.replacing(.loss, TraceEntry("kl", .float32([Float(0.25).bitPattern]))), stored)
            }
            #expect(report.verdict == .diverged)
            #expect(report.divergence?.phase == .loss && report.divergence?.tensor == "kl", "\(report)")
        }
    }
}
