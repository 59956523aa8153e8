import Audit
import Compute
import Ledger
import SeparateDevice
import Testing
import TinyRuns
import Training

/// Audits on a device with a memory of its own say what audits on the host say.
@Suite struct SeparateDeviceTests {
    @Test func aRunIsReproducedOnTheDevice() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(training: ", ema: 0.9") }) { run in
            let (engine, device) = Engine.separate(workers: 2)
            defer { engine.stop() }
            let report = try Auditor(workspace: run.workspace, engine: engine).audit("run-1")
            #expect(report.verdict == .reproduced && report.chainHead == run.manifest.outcome?.chainHead)
            #expect(device.takeTraffic().operations > 100)
        }
    }

    /// Faults of a replay change values where they lie: the device's weights, moments, batches, latents.
    @Test(arguments: [false, true]) func everyMutantIsCaughtOnTheDevice(isScorer: Bool) throws {
        try RecordedRun.with({ runs, _ in
            isScorer ? try runs.pickscore() : try runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}")
        }) { run in
            let (engine, _) = Engine.separate()
            defer { engine.stop() }
            let report = try SelfTest(workspace: run.workspace, engine: engine).run("run-1")
            #expect(report.isWhole, "\(report.results.filter { !$0.isRight })")
            #expect(report.results.count > 10)
        }
    }

    /// The device computes wrongly: the operator is named by a second look on the host.
    @Test func aWrongDeviceIsNamed() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 2) }, level: .operators) { run in
            let (engine, _) = Engine.separate()
            defer { engine.stop() }
            engine.observer = WrongKernel("group norm", 1, in: "policy", element: 3, bit: 2)
            let report = try Auditor(workspace: run.workspace, engine: engine).audit("run-1")
            engine.observer = nil
            #expect(report.verdict == .diverged && report.divergence?.phase == .policy)
            let found = try #require(report.operators)
            #expect(found.kind == .outputs && found.section == "policy" && found.operation.hasPrefix("group norm"))
        }
    }
}
