import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// What was recorded honestly is reproduced, from whatever evidence there is.
@Suite struct ReplayTests {
    @Test func aRecordedRunIsReproduced() throws {
        try RecordedRun.with { run in
            var seen: [Int] = []
            let report = try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1") { step, total in
                seen.append(step)
                #expect(total == 3)
            }
            #expect(report.verdict == .reproduced)
            #expect(report.evidence == [.ledger, .chainHead])
            #expect(report.steps == 3 && report.equalSteps == 3 && seen == [1, 2, 3])
            #expect(report.chainHead == run.manifest.outcome?.chainHead)
            #expect(report.divergence == nil && report.reason == nil)
            let json = JSONCursor(report.json, name: "report")
            #expect(try json["verdict"].string() == "reproduced")
            #expect(try json["schema"].int() == 1)
        }
    }

    /// On every instruction set, and with several workers.
    @Test func aGoldenRunIsReproducedWithoutItsLedger() throws {
        try RecordedRun.with({ runs, _ in try runs.base() }) { run in
            try run.promote()
            #expect(try run.audit().evidence == [.goldenLog, .ledger, .chainHead])
            try run.removeLedger()
            for isa in ISA.supported {
                let engine = Engine(isa: isa, workers: 3)
                defer { engine.stop() }
                let report = try Auditor(workspace: run.workspace, engine: engine).audit("run-1")
                #expect(report.verdict == .reproduced)
                #expect(report.evidence == [.goldenLog, .chainHead])
            }
        }
    }

    @Test func theManifestAloneIsEnoughForTheChainHead() throws {
        try RecordedRun.with { run in
            try run.removeLedger()
            let report = try run.audit()
            #expect(report.verdict == .reproduced)
            #expect(report.evidence == [.chainHead])
            #expect(report.equalSteps == 3)
        }
    }

    /// As `Golden/shapes-base`: the folder of the run's name holds its model, not its log.
    @Test func aFolderWithoutLogIsNoGoldenRun() throws {
        try RecordedRun.with { run in
            let folder = run.workspace.golden("run-1") + "/unet"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write("{}", to: folder + "/config.json")
            #expect(try run.audit().evidence == [.ledger, .chainHead])
            // A part of a golden log is one whose other part is missing.
            try AtomicFile.write("", to: run.workspace.golden("run-1") + "/log.jsonl")
            #expect(throws: FileError.self) { try run.audit() }
        }
    }

    /// A run of another backend is never compared by bits, not even on the machine that made it.
    @Test func aRunOfAnotherBackendIsIncomparable() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(more: "backend: openblas") }) { run in
            #expect(run.manifest.inputs.backend == "openblas")
            let report = try run.audit()
            #expect(report.verdict == .incomparable)
            let reason = try #require(report.reason)
            #expect(reason.contains("backend openblas") && reason.contains("band"), "\(reason)")
            #expect(report.equalSteps == 0)
            #expect(throws: GoldenBackendError.self) { try run.promote() }
        }
    }

    @Test func anUnknownRunIsAnErrorThatListsTheKnownOnes() throws {
        try RecordedRun.with { run in
            let error = try #require(throws: Run.UnknownRun.self) { try run.audit("run-7") }
            #expect("\(error)".contains("run-7") && "\(error)".hasSuffix("known runs: run-1"))
        }
    }

    /// An interrupted run is compared as far as it goes; one without any step is no evidence.
    @Test func anUnfinishedRunIsComparedAsFarAsItGoes() throws {
        let (runs, engine) = (try TinyRuns(), Engine())
        defer {
            engine.stop()
            runs.remove()
        }
        let workspace = Workspace(root: runs.path("work"))
        let recipe = try Recipe.read(path: runs.smpo())
        let session = try TrainingSession(recipe: recipe, engine: engine)
        let recording = RunRecording(
            session: session, workspace: workspace, circumstances: RecordedRun.circumstances)
        _ = try recording.record(
            name: nil, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { true })
        let auditor = Auditor(workspace: workspace, engine: engine)
        let report = try auditor.audit("run-1")
        #expect(report.verdict == .reproduced && report.steps == 1 && report.evidence == [.ledger])
        try workspace.openLedger().createRun(
            inputs: session.inputs, circumstances: RecordedRun.circumstances, name: "empty"
        ).interrupt()
        #expect(try auditor.audit("empty").verdict == .incomparable)
    }

    @Test func anotherContractOrBackendIsIncomparable() throws {
        try RecordedRun.with { run in
            try run.removeLedger()
            for change in [
                { (inputs: inout ManifestInputs) in inputs.contract = "ref-0" },
                { (inputs: inout ManifestInputs) in inputs.backend = "openblas" },
            ] {
                var manifest = run.manifest
                change(&manifest.inputs)
                try manifest.write(to: run.workspace.manifest("run-1"))
                let report = try run.audit()
                #expect(report.verdict == .incomparable)
                #expect(report.reason?.contains("recorded") == true, "\(report.reason ?? "")")
            }
        }
    }

    @Test func aMissingObjectIsIncomparable() throws {
        try RecordedRun.with { run in
            try FileManager.default.removeItem(atPath: run.workspace.objects.folder)
            let report = try run.audit()
            #expect(report.verdict == .incomparable)
            #expect(report.reason?.hasSuffix("the object is missing") == true)
        }
    }
}
