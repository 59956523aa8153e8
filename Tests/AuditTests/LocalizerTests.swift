import Audit
import Comparison
import Compute
import Core
import GRDB
import Ledger
import Testing
import TinyRuns
import Training

/// Which operator went another way.
@Suite struct LocalizerTests {
    /// Forward and backward, in a pass of the network and outside.
    private static let places: [(operation: String, number: Int, section: String, phase: Phase)] = [
        ("group norm", 1, "policy", .policy), ("ddim move", 0, "inversion 0", .inversion),
        ("linear", 3, "reference", .reference), ("loss gradient", 0, "loss", .gradient),
        ("linear weight gradient", 2, "gradient", .gradient), ("adamw", 5, "update", .weights),
    ]

    /// The kernels of this machine's best instruction set are wrong, those of the others are right: the operator and the
    /// number are named, whether or not the run was recorded with its operators.
    @Test(arguments: [RecordLevel.tensors, .operators], Array(places.indices))
    func aWrongKernelIsNamed(level: RecordLevel, place: Int) throws {
        let (operation, number, section, phase) = LocalizerTests.places[place]
        try RecordedRun.with(
            { runs, _ in try runs.smpo(steps: 2, more: "record: {checkpoint_every: 1}") }, level: level
        ) {
            run in
            run.engine.observer = WrongKernel(operation, number, in: section, element: 3, bit: 2)
            let report = try run.audit()
            run.engine.observer = nil
            #expect(report.verdict == .diverged && report.divergence?.phase == phase)
            guard let other = ISA.supported.last(where: { $0 != run.engine.isa }) else { return }
            let found = try #require(report.operators)
            #expect(found.kind == .outputs && found.section == section && found.step == 1)
            #expect(found.operation.hasPrefix(operation))
            #expect(found.reference == (level == .operators ? "the record" : other.rawValue))
            let (output, element) = try #require(found.element)
            #expect(output == 0 && element.index == 3 && element.ulp == 2)
            #expect(report.cause == .numerics)
            #expect(try JSONCursor(report.json, name: "r")["operator"]["element"]["ulp"].int() == 2)
        }
    }

    /// The record is of a wrong kernel, this machine's are right: its operators say where, if they were recorded.
    @Test(arguments: [RecordLevel.tensors, .operators]) func aWrongRecordIsNamed(level: RecordLevel) throws {
        let wrong = WrongKernel("attention", 1, in: "policy", element: 0)
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 2) }, level: level, observer: wrong) { run in
            let report = try run.audit()
            #expect(report.verdict == .diverged)
            if level == .operators {
                let found = try #require(report.operators)
                #expect(found.kind == .outputs && found.section == "policy" && found.operation == "attention")
                #expect(found.element == nil && report.cause == .numerics)
            } else {
                #expect(report.operators == nil && report.cause == .environment)
                #expect(report.notes.contains { $0.contains("--record operators") }, "\(report.notes)")
            }
        }
    }

    /// In a step between checkpoints, and on the recorded steps before it.
    @Test func aLaterStepIsReplayedFromTheStateBeforeIt() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 4) }, level: .operators) { run in
            let steps = try run.traces()
            let store = try run.workspace.openLedger()
            let recorder = try store.createRun(
                inputs: run.manifest.inputs, circumstances: RecordedRun.circumstances, name: "forged",
                level: .operators)
            for step in steps {
                let operators = try store.operators(of: "run-1", step: step.record.step)
                guard step.record.step == 3 else {
                    try recorder.append(step, operators: operators)
                    continue
                }
                var changed = try #require(operators)
                let section = try #require(changed.sections.firstIndex { $0.name == "policy" })
                var other = OperatorTrace.Section(name: "policy")
                for (index, name) in changed.sections[section].operators.enumerated() {
                    other.append(
                        name, inputs: changed.sections[section].inputs(index),
                        outputs: index == 7 ? .of(.document, "x") : changed.sections[section].outputs(index))
                }
                changed.sections[section] = other
                try recorder.append(
                    try step.replacing(.policy, "0000.winner", by: .of(.document, "x")), operators: changed)
            }
            _ = try recorder.finish(
                weightsDigest: try #require(run.manifest.outcome?.weightsDigest),
                files: try #require(run.manifest.outcome?.files))
            let report = try run.audit("forged")
            let found = try #require(report.operators)
            #expect(report.divergence?.step == 3 && report.divergence?.tensor == "0000.winner")
            #expect(found.step == 3 && found.section == "policy" && found.index == 7 && found.kind == .outputs)
        }
    }

    /// What operators take and give is the same on every instruction set, with any number of workers; and watching them
    /// changes nothing.
    @Test func operatorsAreEqualEverywhere() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 2) }, level: .operators) { run in
            let recorded = try #require(try run.workspace.openLedger().operators(of: "run-1", step: 2))
            #expect(recorded.count > 500)
            #expect(
                Set(recorded.sections.map(\.name)).isSuperset(of: ["batch", "policy", "loss", "gradient", "update"]))
            #expect(recorded.sections.contains { $0.operators.contains("linear unet/time_embedding.linear_1.weight") })
            #expect(recorded.sections.contains { $0.operators.contains("adamw unet/conv_in.bias") })
            let recipe = try run.runs.smpo(steps: 2)
            for isa in ISA.supported {
                let engine = Engine(isa: isa, workers: 3)
                defer { engine.stop() }
                let session = try TrainingSession(recipe: try Recipe.read(path: recipe), engine: engine)
                let tracer = OperatorTracer(session.trainer)
                _ = try tracer.watch { try session.step(observer: nil) }
                _ = tracer.take()
                _ = try tracer.watch { try session.step(observer: nil) }
                #expect(tracer.take() == recorded)
            }
            #expect(try run.record(recipe, as: "plain").outcome?.chainHead == run.manifest.outcome?.chainHead)
        }
    }

    /// The operators stand under the manifest's digest.
    @Test func changedOperatorsAreFound() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 2) }, level: .operators) { run in
            let changes = [
                "UPDATE operators SET digests = zeroblob(length(digests)) WHERE step = 2 AND position = 1",
                "UPDATE operators SET section = 'x' WHERE step = 1 AND position = 0",
                "UPDATE operators SET digests = zeroblob(7) WHERE step = 1 AND position = 0",
            ]
            for change in changes {
                let copy = run.runs.path("copy.sqlite")
                try run.workspace.openLedger().checkpoint()
                try AtomicFile.write(try FileContents.read(run.workspace.ledger), to: copy)
                try DatabaseQueue(path: copy).write { try $0.execute(sql: change) }
                let error = #expect(throws: TamperError.self, "\(change)") {
                    try LedgerStore(path: copy, readOnly: true).verify("run-1")
                }
                #expect(error?.field == "operators")
            }
        }
    }

    @Test func withoutLocalisingNothingIsRunAgain() throws {
        try RecordedRun.with { run in
            run.engine.observer = WrongKernel("attention", 0, in: "policy", element: 0)
            let report = try Auditor(workspace: run.workspace, engine: run.engine, localizes: false).audit("run-1")
            run.engine.observer = nil
            #expect(report.verdict == .diverged && report.operators == nil && report.notes.isEmpty)
        }
    }
}
