import Audit
import Comparison
import Core
import Ledger
import Testing
import TinyRuns
import Training

/// Two recorded runs beside each other.
@Suite struct RunComparisonTests {
    private func compare(_ run: RecordedRun, _ other: String, reruns: Bool = true) throws -> RunDifference {
        try RunComparison(workspace: run.workspace, engine: run.engine, reruns: reruns).compare("run-1", other)
    }

    @Test func runsOfOneRecipeAreTheSame() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.smpo(), as: "other", level: .steps)
            let report = try compare(run, "other")
            #expect(report.isSame && report.commonSteps == 3 && report.equalSteps == 3)
            #expect(report.divergence == nil && report.unlike.isEmpty && report.notCompared.isEmpty)
        }
    }

    @Test func anotherSeedIsTheCause() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.smpo(), ["seed=12"], as: "other")
            let report = try compare(run, "other")
            #expect(!report.isSame && report.cause == .seed && report.divergence?.step == 1)
            #expect(report.inputs.map(\.path) == ["recipe.seed", "seed"])
            #expect(report.inputs[0].left == "11" && report.inputs[0].right == "12")
            #expect(report.operators == nil)
        }
    }

    /// The operator that a recipe's number reaches, by the records of operators and by running both again.
    @Test(arguments: [RecordLevel.tensors, .operators]) func anotherRateIsFoundInTheUpdate(level: RecordLevel) throws {
        try RecordedRun.with(level: level) { run in
            try run.record(try run.runs.smpo(), ["optimizer.lr=1.5e-3"], as: "other", level: level)
            let report = try compare(run, "other")
            #expect(report.cause == .recipe && report.divergence?.phase == .update)
            let found = try #require(report.operators)
            #expect(found.kind == .outputs && found.section == "update" && found.operation.hasPrefix("adamw unet/"))
            #expect((found.element != nil) == (level == .tensors))
            let still = try compare(run, "other", reruns: false)
            #expect((still.operators != nil) == (level == .operators))
        }
    }

    @Test func otherDataAreTheCause() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.smpo(), ["data.seed=4"], as: "other")
            let report = try compare(run, "other")
            #expect(report.cause == .data && report.divergence?.phase == .batch)
        }
    }

    @Test func anotherModelIsTheCause() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.smpo(), ["model.init_seed=8"], as: "other")
            let report = try compare(run, "other")
            #expect(report.cause == .model && report.divergence?.phase == .inversion)
        }
    }

    @Test func aLongerRunIsComparedAsFarAsBothGo() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.smpo(steps: 5), as: "other")
            let report = try compare(run, "other")
            #expect(!report.isSame && report.divergence == nil && report.equalSteps == 3 && report.commonSteps == 3)
            #expect(report.unlike == ["steps 4..5 of other"])
            #expect(report.inputs.map(\.path) == ["recipe.training.steps"])
        }
    }

    /// Manifests that stand alone are compared by what they say they came to, and not called the same without it.
    @Test func runsWithoutRecordsAreComparedByTheirOutcomes() throws {
        try RecordedRun.with { run in
            try run.removeLedger()
            func write(_ change: (inout ManifestOutcome?) -> Void) throws {
                var manifest = run.manifest
                manifest.run = "other"
                change(&manifest.outcome)
                try manifest.write(to: run.workspace.manifest("other"))
            }
            try write { _ in }
            let same = try compare(run, "other")
            #expect(same.verdict == .reproduced && same.isSame && same.comparesOutcomes && same.commonSteps == 0)
            for member in ["chain_head", "steps_root", "weights_digest"] {
                let digest = Digest.of(.document, "other")
                try write {
                    switch member {
                    case "chain_head": $0?.chainHead = digest
                    case "steps_root": $0?.stepsRoot = digest
                    default: $0?.weightsDigest = digest
                    }
                }
                let report = try compare(run, "other")
                #expect(report.verdict == .diverged && report.outcome.map(\.path) == [member])
            }
            try write { $0 = nil }
            let nothing = try compare(run, "other")
            #expect(nothing.verdict == .incomparable && !nothing.isSame)
            #expect(nothing.notCompared.contains { $0.hasPrefix("what the runs came to") })
        }
    }

    /// Equal records of two contracts are no results of one computation; records of one that is not known here are.
    @Test func runsOfTwoContractsAreIncomparable() throws {
        try RecordedRun.with { run in
            try run.copy(under: "ref-9", as: "nine")
            let report = try compare(run, "nine")
            #expect(report.verdict == .incomparable && !report.isSame && report.divergence == nil)
            #expect(report.contracts?.description.contains("nine was recorded under ref-9") == true)
            #expect(report.commonSteps == 0 && report.inputs.map(\.path) == ["contract"])
            #expect(!report.notCompared.isEmpty)
            try run.copy(under: "ref-9", as: "more")
            let same = try RunComparison(workspace: run.workspace, engine: run.engine).compare("nine", "more")
            #expect(same.verdict == .reproduced && same.equalSteps == 3)
        }
    }

    /// The step at which runs of a contract part that is not known here is not run again here.
    @Test func operatorsOfAnotherContractAreNotRunAgain() throws {
        try RecordedRun.with { run in
            try run.copy(under: "ref-9", as: "nine")
            var inputs = run.manifest.inputs
            inputs.contract = "ref-9"
            let recorder = try run.workspace.openLedger()
                .createRun(inputs: inputs, circumstances: RecordedRun.circumstances, name: "other")
            try recorder.append(
                try run.traces()[0].replacing(.gradient, TraceEntry("norm", .float32([0x3f80_0000]))))
            try recorder.interrupt()
            let report = try RunComparison(workspace: run.workspace, engine: run.engine).compare("nine", "other")
            #expect(report.verdict == .diverged && report.divergence?.phase == .gradient)
            #expect(report.notCompared.contains { $0.hasPrefix("operators: ") && $0.contains("ref-9") })
        }
    }

    @Test func phasesOfOneAloneAreNamed() throws {
        try RecordedRun.with { run in
            try run.record(try run.runs.base(), as: "base")
            let report = try compare(run, "base")
            #expect(!report.isSame && report.divergence?.phase == .batch)
            #expect(report.unlike.contains("phases of run-1: reference"), "\(report.unlike)")
        }
    }

    /// Equal manifests, other records: what this machine gives is said of both.
    @Test func aWrongKernelIsNoCauseInTheManifests() throws {
        try RecordedRun.with { run in
            let wrong = WrongKernel("group norm", 0, in: "policy", element: 5)
            try run.record(try run.runs.smpo(), as: "other", observer: wrong)
            let report = try compare(run, "other")
            #expect(report.inputs.isEmpty && report.cause == .environment && report.divergence?.phase == .policy)
            #expect(report.operators == nil)
            #expect(report.notes.contains("step 1 of run-1 run again here: as recorded"))
            #expect(report.notes.contains("step 1 of other run again here: NOT as recorded"))
        }
    }

    @Test func anUnknownRunIsNamed() throws {
        try RecordedRun.with { run in
            _ = #expect(throws: Run.UnknownRun.self) { try compare(run, "run-9") }
        }
    }
}
