import Core
import Ledger
import Testing
import TinyRuns

@testable import Audit

/// Every audit that another process asks for looks whether the run is the one that was meant.
@Suite struct ExpectedRunTests {
    /// The audits that run as tasks of their own.
    enum Task: CaseIterable {
        case segment, lane, walk, unit, selfTest
    }

    /// Runs `task` of an audit of `run`, which is expected to be `expected`. - Throws: `OtherRun`.
    private func verdict(_ task: Task, of run: RecordedRun, _ expected: ExpectedRun) throws -> Verdict {
        var auditor = Auditor(workspace: run.workspace, engine: run.engine)
        let states = WalkStates(run.runs.path("states"))
        if task == .unit {
            _ = try auditor.walk("run-1", drawingSteps: 1, lanes: 0, seed: "x", leaving: states)
        }
        auditor.expected = expected
        switch task {
        case .segment:
            var scope = AuditScope(segment: 2...2)
            scope.readsOwnObjects = true
            return try auditor.audit("run-1", scope).verdict
        case .lane:
            return try auditor.audit("run-1", step: 1, lane: 2).verdict
        case .walk:
            return try auditor.walk("run-1", drawingSteps: 1, lanes: 0, seed: "x", leaving: states).result.verdict
        case .unit:
            let draw = UnitDraw(steps: 1, lanes: 0, ofSteps: 2, lanesEach: 3, seed: "x")
            return try auditor.audit("run-1", try #require(draw.units.first), from: states).result.verdict
        case .selfTest:
            var test = SelfTest(workspace: run.workspace, engine: run.engine)
            test.expected = expected
            return try test.run("run-1", mutants: { _, _ in [] }).unchanged.verdict
        }
    }

    @Test(arguments: Task.allCases) func anotherRunIsRefused(task: Task) throws {
        try RecordedRun.with(
            { runs, _ in
                try runs.recipe(
                    "name: dpo", steps: 2, more: "record: {gradients: true, checkpoint_every: 1}",
                    training: ", lanes: 3")
            }
        ) { run in
            let found = ExpectedRun(try Run("run-1", in: run.workspace)).digests
            #expect(found.keys.sorted() == ["head", "inputs"])
            #expect(try verdict(task, of: run, ExpectedRun(digests: found)) == .reproduced)
            for name in found.keys {
                let other = ExpectedRun(digests: found.merging([name: Digest.of(.document, "other")]) { $1 })
                #expect(throws: OtherRun.self, "\(name)") { try verdict(task, of: run, other) }
            }
        }
    }
}
