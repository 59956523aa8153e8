import Audit
import Compute
import Core
import Ledger
import Testing
import TinyRuns
import Training

/// A scorer's run is recorded and audited by the code path of all others.
@Suite struct ScoringAuditTests {
    @Test func aRunIsReproducedOnOtherWorkersAndInSegments() throws {
        try RecordedRun.with({ runs, _ in try runs.pickscore(more: "record: {checkpoint_every: 1}") }) { run in
            try run.expectReproducedEverywhere()
            let part = try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", segment: 2...3)
            #expect(part.verdict == .reproduced && part.segment?.checkpoint == 1)
        }
    }

    /// What a scorer does not have cannot go wrong: timesteps, noisy latents, a schedule.
    @Test func theSelfTestCatchesEveryMutant() throws {
        try RecordedRun.with({ runs, _ in
            try runs.pickscore(more: "record: {checkpoint_every: 1}", training: ", micro_pairs: 2")
        }) { run in
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
            #expect(report.isWhole, "\(report.results.filter { !$0.isRight })")
            for kind in [SelfTestMutant.Kind.label, .caption, .weightBit, .optimiserMoment] {
                #expect(report.results.contains { $0.mutant == kind.rawValue }, "\(kind)")
            }
            let omitted = Set(report.omissions.map(\.mutant))
            #expect(omitted.contains(SelfTestMutant.Kind.streamCounter.rawValue))
            #expect(omitted.contains(SelfTestMutant.Kind.scheduleEntry.rawValue))
        }
    }

    /// Forward and backward, in the towers and where they meet.
    @Test(arguments: [
        ("linear", 3, "policy", Phase.policy), ("cosine", 0, "loss", .loss), ("image gradient", 0, "loss", .gradient),
        ("linear weight gradient", 2, "gradient", .gradient),
    ])
    func aWrongOperatorIsNamed(operation: String, number: Int, section: String, phase: Phase) throws {
        let recipe = { (runs: TinyRuns, _: Engine) in try runs.pickscore(more: "record: {checkpoint_every: 1}") }
        try RecordedRun.with(recipe, level: .operators) { run in
            run.engine.observer = WrongKernel(operation, number, in: section, element: 3, bit: 2)
            let report = try run.audit()
            run.engine.observer = nil
            #expect(report.verdict == .diverged && report.divergence?.phase == phase, "\(report)")
            let found = try #require(report.operators)
            #expect(found.section == section && found.operation.hasPrefix(operation), "\(found)")
        }
    }
}
