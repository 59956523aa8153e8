import Audit
import Comparison
import Compute
import Core
import Ledger
import Testing
import TinyRuns
import Training

/// Replays that go on after the first difference.
@Suite struct DriftTests {
    private func through(
        _ run: RecordedRun, fault: Fault? = nil, kernel: (any OperatorObserver)? = nil
    ) throws -> AuditReport {
        var auditor = Auditor(workspace: run.workspace, engine: run.engine, localizes: false)
        auditor.fault = fault
        run.engine.observer = kernel
        defer { run.engine.observer = nil }
        return try auditor.audit("run-1", AuditScope(goesThrough: true))
    }

    /// A kernel that gives other last bits everywhere is arithmetic; one that does so only backward, in the optimiser, or
    /// for one sample, is the phase in which it runs.
    @Test func kernelsAreClassified() throws {
        try RecordedRun.with { run in
            let normed = try through(run, kernel: ShakenKernel("group norm"))
            #expect(normed.drift?.kind == .arithmetic, "\(normed.drift?.kind?.word ?? "") \(normed.json.canonical)")
            #expect(try through(run, kernel: ShakenKernel("linear")).drift?.kind == .arithmetic)
            #expect(
                try through(run, kernel: ShakenKernel("linear weight gradient")).drift?.kind == .phase(.gradient))
            let adam = try through(run, kernel: WrongKernel("adamw", 5, in: "update", element: 3))
            #expect(adam.drift?.kind == .phase(.weights), "\(adam.drift?.kind?.word ?? "")")
            #expect(
                try through(run, kernel: WrongKernel("linear", 3, in: "reference", element: 0)).drift?.kind
                    == .phase(.reference))
        }
    }

    /// Code that goes wrong once.
    @Test func faultsAreClassified() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 4) }) { run in
            let timestep = Fault(step: 1) { batch, _ in
                var items = batch.items
                items[0].timestep -= 1
                return batch.replacing(items: items)
            }
            #expect(try through(run, fault: timestep).drift?.kind == .phase(.timestep))
            let label = Fault(step: 1) { batch, _ in
                var items = batch.items
                items[0].weight = items[0].weight.nextUp
                return batch.replacing(items: items)
            }
            #expect(try through(run, fault: label).drift?.kind == .phase(.batch))
            #expect(
                try through(run, fault: Fault(step: 1, operations: ["ddim move"])).drift?.kind == .phase(.inversion))
            let both = Fault(step: 1) { batch, _ in
                var items = batch.items
                (items[0].weight, items[1].timestep) = (items[0].weight.nextUp, items[1].timestep + 1)
                return batch.replacing(items: items)
            }
            #expect(try through(run, fault: both).drift?.kind == .code)
            let later = Fault(step: 3) { (session: TrainingSession) in
                let state = try #require(session.trainer.optimizer.stateTensors.first?.tensor)
                state.hostValues[0] += 1
            }
            let report = try through(run, fault: later)
            #expect(report.drift?.kind == .step(3, .update), "\(report.drift?.kind?.word ?? "")")
            #expect(report.equalSteps == 2 && report.drift?.steps.count == 4 && report.divergence?.step == 3)
            #expect(report.drift?.steps.map(\.isEqual) == [true, true, false, false])
        }
    }

    /// The verdict, the first difference and the evidence are those of an audit that stops there; the report has besides
    /// what the replay came to.
    @Test func theReportSaysWhatItCameTo() throws {
        try RecordedRun.with { run in
            let kernel = { WrongKernel("attention", 0, in: "policy", element: 0) }
            run.engine.observer = kernel()
            let short = try Auditor(workspace: run.workspace, engine: run.engine, localizes: false).audit("run-1")
            let report = try through(run, kernel: kernel())
            #expect(report.verdict == .diverged && short.divergence == report.divergence)
            #expect(short.evidence == report.evidence && short.equalSteps == report.equalSteps && short.drift == nil)
            let drift = try #require(report.drift)
            #expect(drift.recorded == run.manifest.outcome && drift.found?.steps == 3)
            let found = try #require(drift.heads.found)
            #expect(found != run.manifest.outcome?.chainHead)
            let step = try #require(drift.steps.first { !$0.isEqual })
            #expect(step.step == drift.divergence?.step)
            #expect(step.phases.map(\.name) == Phase.allCases.map(\.rawValue))
            #expect(step.differingPhases.first == .policy && !step.layers.isEmpty)
            #expect(step.furthest != nil && step.median ?? 0 > 0 && step.median ?? 0 <= step.furthest?.ulp ?? 0)
            let json = JSONCursor(report.json, name: "report")
            #expect(try json["drift"]["found"]["chain_head"].digest() == found)
            #expect(try json["drift"]["steps"].elements().map { try StepDrift(json: $0) } == drift.steps)
            #expect(try json["kind"]["word"].string() == drift.kind?.word)
        }
    }

    @Test func aReproducedRunHasEqualSteps() throws {
        try RecordedRun.with { run in
            let report = try through(run)
            #expect(report.verdict == .reproduced && report.equalSteps == 3)
            let drift = try #require(report.drift)
            #expect(drift.kind == nil && drift.steps.count == 3 && drift.steps.allSatisfy(\.isEqual))
            // A replay writes no ledger.
            var recorded = try #require(run.manifest.outcome)
            recorded.ledger = nil
            #expect(drift.found == recorded && recorded.files != nil && drift.furthest == nil)
            #expect(drift.steps.allSatisfy { $0.loss.map { $0.ulp == 0 } ?? false })
        }
    }

    /// At least one step, and what was not replayed is not claimed.
    @Test func aBudgetEndsAReplay() throws {
        try RecordedRun.with { run in
            try run.promote()
            let auditor = Auditor(workspace: run.workspace, engine: run.engine)
            for goesThrough in [false, true] {
                let report = try auditor.audit("run-1", AuditScope(goesThrough: goesThrough, budget: .zero))
                #expect(report.verdict == .reproduced && report.equalSteps == 1 && report.steps == 3)
                #expect(report.segment?.steps == 1...1 && report.segment?.checkpoint == 0)
                #expect(report.evidence == [.goldenLog, .ledger] && report.chainHead == nil)
                #expect(report.drift?.found == nil)
            }
            let whole = try auditor.audit("run-1", AuditScope(budget: .seconds(1000)))
            #expect(whole.segment == nil && whole.chainHead == run.manifest.outcome?.chainHead)
            let part = try auditor.audit("run-1", AuditScope(segment: 1...2, budget: .seconds(1000)))
            #expect(part.segment?.steps == 1...2 && part.equalSteps == 2)
        }
    }

    /// Progress may end it, as Control-C does.
    @Test func progressCanEndAReplay() throws {
        try RecordedRun.with { run in
            let auditor = Auditor(workspace: run.workspace, engine: run.engine)
            let error = #expect(throws: CancellationError.self) {
                _ = try auditor.audit("run-1") { step, _ in if step == 2 { throw CancellationError() } }
            }
            #expect(error != nil)
        }
    }
}
